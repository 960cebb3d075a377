/* The forward pass of BERT. Source: Devlin et al. 2018; the order of operations is that of
 * google-research/bert, modeling.py: post-norm, no dropout, token types all 0. */
#include "encoder/encoder.h"

#include "kernels/attention.h"
#include "kernels/fast.h"
#include "kernels/kernels.h"
#include "kernels/linear.h"

typedef struct encoder_layer {
    linear *qkv, *attention, *up, *down;
} encoder_layer;

struct encoder {
    const rs_model *model;
    threads *threads;
    encoder_layer *layers; /* [L] */
    attention *attend;
    linear_scratch *scratch;
    float *hidden; /* [P, H] the residual stream */
    float *wide; /* [P, 3H] queries, keys, values; [LINEAR_BLOCK, F] inside the feed-forward */
    float
        *context; /* [P, H] output of attention or feed-forward, before the residual is added */
    size_t T;     /* tokens of the current text */
    size_t rows;  /* tokens that the latest layer computed */
    size_t next;  /* next layer */
    size_t end;   /* number of layers that the current text goes through */
};

static kernels_activation activation_of(const rs_model_info *info) {
    switch (info->activation) {
    case RS_GELU_ERF: return KERNELS_GELU_ERF;
    case RS_GELU_TANH: return KERNELS_GELU_TANH;
    case RS_RELU: return KERNELS_RELU;
    }
    return KERNELS_IDENTITY; /* unreachable: model.c refuses others */
}

static rs_status open_layers(encoder *e, arena *a, rs_model *model) {
    const kernels_activation none = KERNELS_IDENTITY, activation = activation_of(&model->info);
    linear_pack *pack = model->pack;
    linear_scratch *scratch = e->scratch;
    for (size_t i = 0; i < model->info.layers; i++) {
        const model_layer *m = &model->layers[i];
        encoder_layer *l = &e->layers[i];
        rs_status s;
        if ((s = linear_open(a, &m->qkv, none, pack, scratch, &l->qkv)) ||
            (s = linear_open(a, &m->attention, none, pack, scratch, &l->attention)) ||
            (s = linear_open(a, &m->up, activation, pack, scratch, &l->up)) ||
            (s = linear_open(a, &m->down, none, pack, scratch, &l->down)))
            return s;
    }
    return RS_OK;
}

rs_status encoder_open(arena *a, rs_model *model, threads *t, encoder **out) {
    const rs_model_info *info = &model->info;
    const size_t P = info->positions, H = info->hidden_size, F = info->ffn_size;
    const size_t qkv = P * 3 * H, inside = (P < LINEAR_BLOCK ? P : LINEAR_BLOCK) * F;
    const linear_sizes max = {
        .rows = P, .columns = H > F ? H : F, .smoothed = H, .width = 3 * H > F ? 3 * H : F};
    encoder *e = arena_alloc(a, 1, sizeof *e);
    if (!e) return RS_ERR_MEMORY;
    e->model = model;
    e->threads = t;
    e->layers = arena_alloc(a, info->layers, sizeof *e->layers);
    e->hidden = arena_alloc(a, P, H * sizeof(float));
    e->wide = arena_alloc(a, qkv > inside ? qkv : inside, sizeof(float));
    e->context = arena_alloc(a, P, H * sizeof(float));
    rs_status status = RS_ERR_MEMORY;
    if (e->layers && e->hidden && e->wide && e->context)
        status = attention_open(a, info->heads, H / info->heads, P, info->int8, t, &e->attend);

    if (!status) status = linear_scratch_open(a, max, t, &e->scratch);

    const bool first = !model->pack;
    if (!status && first) status = linear_pack_open(&model->arena.allocator, &model->pack);
    if (!status) status = open_layers(e, a, model);
    if (!status) {
        *out = e;
        return RS_OK;
    }
    encoder_close(e);
    if (first) { /* incomplete: the next session packs again */
        linear_pack_close(model->pack);
        model->pack = NULL;
    }
    return status;
}

void encoder_close(encoder *e) {
    if (!e) return;
    for (size_t i = 0; e->layers && i < e->model->info.layers; i++) {
        linear_close(e->layers[i].qkv);
        linear_close(e->layers[i].attention);
        linear_close(e->layers[i].up);
        linear_close(e->layers[i].down);
    }
    linear_scratch_close(e->scratch);
}

/* y[H] = word + type + position of one token. */
static void embed_token(const rs_model *m, int32_t id, size_t position, float *y) {
    const size_t H = m->info.hidden_size, row = (size_t)id;
    const float *at = m->position + position * H;
    if (m->word.q8) {
        const int8_t *word = m->word.q8 + row * H;
        for (size_t i = 0; i < H; i++)
            y[i] = (float)word[i] * m->word.scale[row] + m->type[i] + at[i];
    } else {
        const float *word = m->word.f32 + row * H;
        for (size_t i = 0; i < H; i++) y[i] = word[i] + m->type[i] + at[i];
    }
}

typedef struct norm_job {
    const float *x, *residual;
    const model_norm *norm;
    float eps;
    size_t H;
    float *y;
} norm_job;

static void norm_rows(void *ctx, size_t from, size_t to) {
    const norm_job *j = ctx;
    const size_t at = from * j->H;
    fast_choose()->layer_norm(j->x + at, j->residual ? j->residual + at : NULL, j->norm->gain,
                              j->norm->bias, j->eps, to - from, j->H, j->y + at);
}

/* hidden = LayerNorm(hidden + context), the first `rows` rows. */
static void add_and_norm(encoder *e, const float *context, const model_norm *norm,
                         size_t rows) {
    norm_job job = {
        e->hidden, context, norm, e->model->info.layer_norm_eps, e->model->info.hidden_size,
        e->hidden};
    threads_rows(e->threads, rows, norm_rows, &job);
}

void encoder_begin(encoder *e, const int32_t *ids, size_t T) {
    encoder_begin_layers(e, ids, T, e->model->info.layers);
}

void encoder_begin_layers(encoder *e, const int32_t *ids, size_t T, size_t layers) {
    const rs_model *m = e->model;
    /* Embeddings: word + type + position, normalised. */
    for (size_t t = 0; t < T; t++)
        embed_token(m, ids[t], t, e->hidden + t * m->info.hidden_size);
    add_and_norm(e, NULL, &m->embedding_norm, T);
    e->T = e->rows = T;
    e->next = 0;
    e->end = layers < m->info.layers ? layers : m->info.layers;
}

rs_status encoder_step(encoder *e, size_t *left) {
    const rs_model *m = e->model;
    const size_t i = e->next, L = e->end;
    *left = 0;
    if (i == L) return RS_OK;
    const encoder_layer *l = &e->layers[i];
    rs_status s;
    /* Pooling by [CLS] uses one row of the last layer, so only that row is computed, with keys and
     * values of every token. */
    if (i + 1 == L && m->info.pool == RS_POOL_CLS) e->rows = 1;

    /* Self-attention, then add and norm. */
    if ((s = linear_run(l->qkv, e->T, e->hidden, e->wide))) return s;
    attention_run(e->attend, e->wide, e->T, e->rows, e->context);
    if ((s = linear_run(l->attention, e->rows, e->context, e->wide))) return s;
    add_and_norm(e, e->wide, &m->layers[i].attention_norm, e->rows);

    /* Feed-forward, then add and norm. */
    const size_t H = m->info.hidden_size;
    const size_t blocks = linear_blocks(e->rows); /* e->wide has space for one block */
    for (size_t t = 0, b = 0, end; b < blocks; b++, t = end) {
        end = linear_block_end(e->rows, blocks, b);
        if ((s = linear_run(l->up, end - t, e->hidden + t * H, e->wide))) return s;
        if ((s = linear_run(l->down, end - t, e->wide, e->context + t * H))) return s;
    }
    add_and_norm(e, e->context, &m->layers[i].output_norm, e->rows);
    *left = L - ++e->next;
    return RS_OK;
}

const float *encoder_hidden(const encoder *e, size_t *rows) {
    *rows = e->rows;
    return e->hidden;
}
