/* Token ids -> hidden states: the BERT encoder. */
#ifndef RS_ENCODER_H
#define RS_ENCODER_H

#include "model.h"

typedef struct encoder encoder;

/* All buffers and operators for texts of up to the model's P tokens, in the arena. The first
 * encoder of a model packs its weights and reports to options->release; the model must outlive the
 * encoder. RS_ERR_MEMORY. */
RS_MUST_USE rs_status encoder_open(arena *a, rs_model *model, threads *t,
                                   const rs_session_options *options, encoder **out);

/* The last layer's hidden states of the tokens that pooling needs: the first *rows of
 * hidden [*rows, H], which stays valid until the next call.
 * ids: [T], each below V, T from 1 to P. RS_ERR_MEMORY as linear_run. */
RS_MUST_USE rs_status encoder_forward(encoder *e, const int32_t *ids, size_t T,
                                      const float **hidden, size_t *rows);

void encoder_close(encoder *e);

#endif
