/* Converts a checkpoint into a model file (docs/formats.md). Weights are read, quantized and
 * written row by row, so that memory does not depend on the size of the model. */
#ifndef MODEL_WRITE_H
#define MODEL_WRITE_H

#include "convert/checkpoint.h"

typedef struct model_options {
    bool f32;          /* store weights as f32; otherwise as int8 */
    bool mean;         /* mean pooling over all tokens; otherwise [CLS] */
    size_t max_tokens; /* 2 to max_position_embeddings */
    const char *name;
    const char *note; /* NULL for none */
} model_options;

/* Writes the model file atomically (system/output.h). Returns RS_ERR_FORMAT, naming a tensor
 * that is missing, of the wrong shape, or contains NaN or infinity; RS_ERR_IO if path cannot be
 * written; or RS_ERR_MEMORY. *path_failed (path_failed may be NULL): true if the output file is
 * at fault, false if the checkpoint is. */
RS_MUST_USE rs_status model_write(const char *path, checkpoint *c, const model_options *options,
                                  bool *path_failed, rs_error *error);

#endif
