/* Token ids -> hidden states: the BERT encoder. */
#ifndef RS_ENCODER_H
#define RS_ENCODER_H

#include "encoder/model.h"

typedef struct encoder encoder;

/* Opens an encoder for texts of up to the model's P tokens, with all buffers and operators in the
 * arena. The first encoder of a model creates the packed weights that its encoders share
 * (linear_pack); the model must outlive the encoder. Errors as of linear_open. */
RS_MUST_USE rs_status encoder_open(arena *a, rs_model *model, threads *t, encoder **out);

/* Begins a text and abandons an unfinished one. encoder_step is then called until *left is 0.
 * ids: [T], each below V, T from 1 to P. */
void encoder_begin(encoder *e, const int32_t *ids, size_t T);

/* As encoder_begin, for the network of the first `layers` layers, or all if there are fewer. */
void encoder_begin_layers(encoder *e, const int32_t *ids, size_t T, size_t layers);

/* Computes the next layer and sets *left to the number of layers that remain; does nothing when none
 * remain. Returns RS_ERR_MEMORY as linear_run does; the text must then be begun again. */
RS_MUST_USE rs_status encoder_step(encoder *e, size_t *left);

/* The final hidden states [*rows, H] of the tokens that pooling uses: [CLS], or all. To be called when
 * no layer remains; valid until the next text is begun. */
const float *encoder_hidden(const encoder *e, size_t *rows);

void encoder_close(encoder *e);

#endif
