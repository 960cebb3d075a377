/* Checkpoint -> model file (docs/formats.md). Weights are read, quantized and written a row at
 * a time, so that memory does not depend on the size of the model. */
#ifndef MODEL_WRITE_H
#define MODEL_WRITE_H

#include "convert/checkpoint.h"

typedef struct model_options {
    bool f32;          /* weights as f32; otherwise int8 */
    bool mean;         /* pooled as the mean over all tokens; otherwise [CLS] */
    size_t max_tokens; /* 2 to max_position_embeddings */
    const char *name;
    const char *note; /* NULL for none */
} model_options;

/* Writes the model under path, whole or not at all. RS_ERR_FORMAT names a tensor that is
 * missing, misshapen or not finite; RS_ERR_IO when path cannot be written. *path_failed (may be
 * NULL) tells which of the two: true when the error is about path, not about the checkpoint. */
RS_MUST_USE rs_status model_write(const char *path, checkpoint *c, const model_options *options,
                                  bool *path_failed, rs_error *error);

#endif
