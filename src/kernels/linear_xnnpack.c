/* The XNNPACK backend for f32 weights, and the functions that it shares with linear_xnnpack_q8.c.
 *
 * Life of an operator: create packs the weights into the layout the kernel of this processor
 * reads; reshape sets the number of rows; setup binds pointers; run computes. */
#include "kernels/linear_xnnpack.h"

#include <assert.h>
#include <math.h>

/* XNNPACK's kernels may read XNN_EXTRA_BYTES past the end of their operands. */
_Static_assert(XNN_EXTRA_BYTES <= ARENA_PADDING, "arena_alloc pads less than XNNPACK reads");

rs_status linear_xnnpack_status(enum xnn_status status) {
    /* Shapes are validated before, so a call of XNNPACK fails only for want of memory. */
    return status == xnn_status_success ? RS_OK : RS_ERR_MEMORY;
}

/* ---- Packed weights ---------------------------------------------------------------------- */

typedef struct pack_entry pack_entry;
struct pack_entry {
    pack_entry *next;
    const void *of; /* the matrix */
    size_t number;
    void *packed;
};

/* XNNPACK stores packed weights in a "weights cache" that the caller may provide. This one keeps them
 * in an arena: allocated in their exact size, never moved, freed with the model. */
struct xnn_pack {
    arena arena;
    struct xnn_weights_cache_provider provider;
    pack_entry *entries;
    pack_entry *reserved; /* being packed */
    const void *at_hand;  /* the matrix of the operator that is being created */
    size_t count;
};

/* The matrix is the key, not XNNPACK's: that points to rows which may be a freed copy, and lacks the
 * bias of int8 products. */
static size_t pack_look_up(void *context, const struct xnn_weights_cache_look_up_key *key) {
    const xnn_pack *pack = context;
    (void)key;
    for (const pack_entry *e = pack->entries; e; e = e->next)
        if (e->of == pack->at_hand) return e->number;
    return SIZE_MAX;
}

/* Allocates the entry as well, since pack_insert cannot report a failure. */
static void *pack_reserve(void *context, size_t bytes) {
    xnn_pack *pack = context;
    pack_entry *e = arena_alloc(&pack->arena, 1, sizeof *e);
    void *packed = arena_alloc(&pack->arena, bytes, 1);
    if (!e || !packed) return NULL;
    e->packed = packed;
    pack->reserved = e;
    return packed;
}

static size_t pack_insert(void *context, const struct xnn_weights_cache_look_up_key *key,
                          void *packed, size_t bytes) {
    xnn_pack *pack = context;
    pack_entry *e = pack->reserved;
    assert(e && e->packed == packed);
    (void)key;
    (void)packed;
    (void)bytes;
    e->of = pack->at_hand;
    e->number = pack->count++;
    e->next = pack->entries;
    pack->entries = e;
    pack->reserved = NULL;
    return e->number;
}

static void *pack_address(void *context, size_t number) {
    const xnn_pack *pack = context;
    for (const pack_entry *e = pack->entries; e; e = e->next)
        if (e->number == number) return e->packed;
    return NULL;
}

/* Entries never move, so the cache counts as finalized from the start. */
static bool pack_is_finalized(void *context) {
    (void)context;
    return true;
}

static enum xnn_status pack_delete(void *context) {
    (void)context; /* linear_xnnpack_close_pack does it */
    return xnn_status_success;
}

rs_status linear_xnnpack_open_pack(const rs_allocator *allocator, void **out) {
    if (xnn_initialize(NULL) != xnn_status_success) return RS_ERR_MEMORY;
    arena a;
    arena_init(&a, allocator);
    xnn_pack *pack = arena_alloc(&a, 1, sizeof *pack);
    if (!pack) return RS_ERR_MEMORY;
    pack->arena = a;
    pack->provider = (struct xnn_weights_cache_provider){
        .context = pack,
        .look_up = pack_look_up,
        .reserve_space = pack_reserve,
        .look_up_or_insert = pack_insert,
        .is_finalized = pack_is_finalized,
        .offset_to_addr = pack_address,
        .delete_cache = pack_delete,
    };
    *out = pack;
    return RS_OK;
}

void linear_xnnpack_close_pack(void *context) {
    xnn_pack *pack = context;
    arena a = pack->arena; /* a copy, since the pack is freed with it */
    arena_free(&a);
}

struct xnn_weights_cache_provider *linear_xnnpack_provider(xnn_pack *pack, const void *matrix) {
    pack->at_hand = matrix;
    return &pack->provider;
}

const rs_allocator *linear_xnnpack_allocator(const xnn_pack *pack) {
    return &pack->arena.allocator;
}

/* ---- Activation -------------------------------------------------------------------------- */

enum xnn_status linear_xnnpack_open_gelu(xnn_operator_t *gelu) {
    const enum xnn_status status = xnn_initialize(NULL);
    return status
               ? status
               : xnn_create_unary_elementwise_nc(xnn_unary_gelu, xnn_datatype_fp32,
                                                 xnn_datatype_fp32, NULL, NULL, NULL, 0, gelu);
}

enum xnn_status linear_xnnpack_activate(xnn_operator_t gelu, kernels_activation how,
                                        size_t rows, size_t columns, float *y,
                                        pthreadpool_t pool) {
    if (how != KERNELS_GELU_ERF) {
        kernels_activate(how, y, rows * columns);
        return xnn_status_success;
    }
    enum xnn_status status =
        xnn_reshape_unary_elementwise_nc(gelu, rows, columns, columns, columns, pool);
    if (!status) status = xnn_setup_unary_elementwise_nc(gelu, y, y);
    return status ? status : xnn_run_operator(gelu, pool);
}

/* ---- f32 ---------------------------------------------------------------------------------- */

typedef struct f32_scratch {
    threads *threads;
    xnn_operator_t gelu;
} f32_scratch;

static void close_scratch(void *context) {
    f32_scratch *scratch = context;
    if (scratch->gelu) xnn_delete_operator(scratch->gelu);
}

static rs_status open_scratch(arena *a, linear_sizes max, threads *t, void **out) {
    (void)max;
    f32_scratch *s = arena_alloc(a, 1, sizeof *s);
    if (!s) return RS_ERR_MEMORY;
    s->threads = t;
    const enum xnn_status status = linear_xnnpack_open_gelu(&s->gelu);
    if (!status) *out = s;
    return linear_xnnpack_status(status);
}

typedef struct f32_linear {
    const linear_weights *weights;
    kernels_activation activation;
    f32_scratch *scratch;
    xnn_operator_t product;
} f32_linear;

static rs_status open_linear(arena *a, const linear_weights *w, kernels_activation activation,
                             void *pack, void *scratch, void **out) {
    const size_t K = w->columns, N = w->rows;
    f32_linear *l = arena_alloc(a, 1, sizeof *l);
    if (!l) return RS_ERR_MEMORY;
    *l = (f32_linear){w, activation, scratch, NULL};
    const enum xnn_status status = xnn_create_fully_connected_nc_f32(
        K, N, K, N, w->f32, w->bias, -INFINITY, INFINITY, 0, NULL,
        linear_xnnpack_provider(pack, w->f32), &l->product);
    if (!status) *out = l;
    return linear_xnnpack_status(status);
}

static rs_status run_linear(void *context, size_t rows, const float *x, float *y) {
    const f32_linear *l = context;
    pthreadpool_t pool = threads_pool(l->scratch->threads);
    enum xnn_status status = xnn_reshape_fully_connected_nc_f32(l->product, rows, pool);
    if (!status) status = xnn_setup_fully_connected_nc_f32(l->product, x, y);
    if (!status) status = xnn_run_operator(l->product, pool);
    if (!status)
        status = linear_xnnpack_activate(l->scratch->gelu, l->activation, rows,
                                         l->weights->rows, y, pool);
    return linear_xnnpack_status(status);
}

static void close_linear(void *context) {
    const f32_linear *l = context;
    if (l->product) xnn_delete_operator(l->product);
}

static const char *name(void) { return "xnnpack f32"; }

const linear_backend linear_xnnpack = {false,
                                       name,
                                       linear_xnnpack_open_pack,
                                       linear_xnnpack_close_pack,
                                       open_scratch,
                                       close_scratch,
                                       open_linear,
                                       run_linear,
                                       close_linear};
