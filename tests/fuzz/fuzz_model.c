/* A model file of any bytes; what opens must embed without a fault. */
#include <stdlib.h>

#include "refscout.h"
#include "tiny_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    uint8_t *file = tiny_copy(bytes, size);
    rs_model *model;
    rs_session *session;
    if (!rs_model_open(file, size, NULL, &model, NULL)) {
        const rs_model_info *info = rs_model_describe(model);
        float *out = malloc(info->hidden_size * sizeof *out);
        /* A config may ask for much memory rightly; that is not what is looked for here. */
        if (info->positions <= 4096 && out && !rs_session_open(model, NULL, &session, NULL)) {
            if (rs_embed(session, "brain cells, and light", 22, out, NULL, NULL, NULL)) abort();
            rs_session_close(session);
        }
        free(out);
        rs_model_close(model);
    }
    free(file);
    return 0;
}
