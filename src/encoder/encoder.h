/* Token ids -> hidden states: the BERT encoder. */
#ifndef RS_ENCODER_H
#define RS_ENCODER_H

#include "encoder/model.h"

typedef struct encoder encoder;

/* All buffers and operators for texts of up to the model's P tokens, in the arena. The first
 * encoder of a model opens its pack; the model must outlive the encoder. Errors as linear_open. */
RS_MUST_USE rs_status encoder_open(arena *a, rs_model *model, threads *t, encoder **out);

/* Begins a text; one that is not finished is forgotten. Then encoder_step is called until it says
 * that no layer is left.
 * ids: [T], each below V, T from 1 to P. */
void encoder_begin(encoder *e, const int32_t *ids, size_t T);

/* The same for the network of the first `layers` layers, which may be more than there are. */
void encoder_begin_layers(encoder *e, const int32_t *ids, size_t T, size_t layers);

/* The next layer; none when *left was 0. RS_ERR_MEMORY as linear_run; then the text must be begun
 * anew. */
RS_MUST_USE rs_status encoder_step(encoder *e, size_t *left);

/* When no layer is left: the last layer's hidden states of the tokens that pooling needs, [*rows, H],
 * valid until the next text is begun. */
const float *encoder_hidden(const encoder *e, size_t *rows);

void encoder_close(encoder *e);

#endif
