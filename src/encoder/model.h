/* Model file -> a struct of pointers to its tensors, each checked for type and shape. */
#ifndef RS_MODEL_H
#define RS_MODEL_H

#include "base/arena.h"
#include "kernels/linear.h"
#include "refscout.h"
#include "tokens/wordpiece.h"

/* gain, bias: [H] */
typedef struct model_norm {
    const float *gain, *bias;
} model_norm;

typedef struct model_layer {
    linear_weights qkv;       /* [3H, H] */
    linear_weights attention; /* [H, H] */
    model_norm attention_norm;
    linear_weights up;   /* [F, H] */
    linear_weights down; /* [H, F] */
    model_norm output_norm;
} model_layer;

struct rs_model {
    arena arena;
    rs_model_info info;
    wordpiece *wordpiece;
    linear_weights word;   /* [V, H] */
    const float *position; /* [P, H] */
    const float *type;     /* [H], token type 0: there is only one segment */
    model_norm embedding_norm;
    model_layer *layers;     /* [L] */
    linear_pack *pack;       /* packed weights, shared by all sessions; created by the first */
    const char *test_text;   /* text of the self-test; NULL when the file has none */
    const char *test_sha256; /* SHA-256 of the embedding of test_text, as little-endian f32 */
    bool tested;             /* a session has passed the self-test */
};

#endif
