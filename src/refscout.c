/* The public functions that connect the rooms: they check the caller's arguments, then call the
 * steps of the flow in order. */
#include "refscout.h"

#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "base/threads.h"
#include "encoder/encoder.h"
#include "encoder/model.h"
#include "encoder/pool.h"
#include "kernels/fast.h"
#include "kernels/linear.h"
#include "search/rank.h"
#include "tokens/wordpiece.h"

const char *rs_version(void) { return RS_VERSION; }

void rs_sha256(const void *bytes, size_t size, char hex[RS_SHA256_HEX + 1]) {
    sha256_hex_of(bytes, size, hex);
}

/* ---- Tokens ------------------------------------------------------------------------------ */

size_t rs_token_bound(size_t text_bytes) { return wordpiece_bound(text_bytes); }

rs_status rs_tokenize(const rs_model *model, const char *text, size_t text_bytes, int32_t *ids,
                      size_t ids_cap, size_t *count, size_t *cut) {
    if (!model || (!text && text_bytes) || !ids || !count) return RS_ERR_ARGUMENT;
    return wordpiece_encode(model->wordpiece, (const uint8_t *)text, text_bytes, ids, ids_cap,
                            model->info.max_tokens, NULL, count, cut);
}

const char *rs_token_text(const rs_model *model, int32_t id, size_t *bytes) {
    return wordpiece_token(model->wordpiece, id, bytes);
}

/* ---- Sessions ---------------------------------------------------------------------------- */

/* Whether session->vector is the embedding of the latest text. */
typedef enum session_state { NO_TEXT, BEGUN, EMBEDDED } session_state;

/* Number of cached embeddings: people who edit a text often return to an earlier version of it. */
enum { RECENT_TEXTS = 8 };

typedef struct recent_texts {
    int32_t *ids;               /* [RECENT_TEXTS, max_tokens] */
    float *vector;              /* [RECENT_TEXTS, H] */
    size_t count[RECENT_TEXTS]; /* ids of each; 0: no text yet */
    size_t next;                /* the entry that is replaced next */
} recent_texts;

struct rs_session {
    arena arena;
    const rs_model *model;
    threads *threads;
    encoder *encoder;
    int32_t *ids;          /* [max_tokens] of the latest text */
    wordpiece_span *spans; /* [max_tokens] bytes of the text that each id comes from */
    size_t ids_count;
    float *vector;  /* [H] of the latest text */
    float *scratch; /* [2H] for rs_score */
    session_state state;
    recent_texts recent;
};

/* If the session's ids are those of a recent text, copies its vector to the session and returns
 * true. */
static bool recall(rs_session *s) {
    const size_t H = s->model->info.hidden_size, max = s->model->info.max_tokens;
    const recent_texts *r = &s->recent;
    for (size_t i = 0; i < RECENT_TEXTS; i++) {
        if (r->count[i] != s->ids_count ||
            memcmp(r->ids + i * max, s->ids, s->ids_count * sizeof *s->ids) != 0)
            continue;
        memcpy(s->vector, r->vector + i * H, H * sizeof *s->vector);
        return true;
    }
    return false;
}

static void remember(rs_session *s) {
    const size_t H = s->model->info.hidden_size, max = s->model->info.max_tokens;
    recent_texts *r = &s->recent;
    if (!s->ids_count) return;
    memcpy(r->ids + r->next * max, s->ids, s->ids_count * sizeof *s->ids);
    memcpy(r->vector + r->next * H, s->vector, H * sizeof *s->vector);
    r->count[r->next] = s->ids_count;
    r->next = (r->next + 1) % RECENT_TEXTS;
}

static rs_status open_session(rs_model *model, const rs_session_options *options,
                              rs_session **session, rs_error *error) {
    arena a;
    arena_init(&a, &model->arena.allocator);
    rs_session *s = arena_alloc(&a, 1, sizeof *s);
    if (!s) return rs_fail(error, RS_ERR_MEMORY, 0, "out of memory for a session");
    s->model = model;
    s->threads = threads_open(options ? options->threads : 1);
    s->ids = arena_alloc(&a, model->info.max_tokens, sizeof *s->ids);
    s->spans = arena_alloc(&a, model->info.max_tokens, sizeof *s->spans);
    s->vector = arena_alloc(&a, model->info.hidden_size, sizeof *s->vector);
    s->scratch = arena_alloc(&a, model->info.hidden_size, 2 * sizeof *s->scratch);
    s->recent.ids = arena_alloc(&a, model->info.max_tokens, RECENT_TEXTS * sizeof *s->ids);
    s->recent.vector =
        arena_alloc(&a, model->info.hidden_size, RECENT_TEXTS * sizeof *s->vector);
    rs_status status = s->threads && s->ids && s->spans && s->vector && s->scratch &&
                               s->recent.ids && s->recent.vector
                           ? RS_OK
                           : RS_ERR_MEMORY;
    if (!status) status = encoder_open(&a, model, s->threads, &s->encoder);
    s->arena = a;
    if (status) {
        rs_session_close(s);
        return rs_fail(
            error, status, 0,
            status == RS_ERR_FORMAT
                ? "int8 weights of the model's layers exceed the limit of its format; "
                  "convert the checkpoint again"
                : "out of memory for a session; the model needs more than there is");
    }
    *session = s;
    return RS_OK;
}

/* Two layers run every kernel that embedding runs, and cost a sixth of a BERT-base. */
enum { SELF_TEST_LAYERS = 2 };

rs_status rs_self_test_sha256(rs_session *session, const char *text, size_t text_bytes,
                              char hex[RS_SHA256_HEX + 1]) {
    if (!session || (!text && text_bytes) || !hex) return RS_ERR_ARGUMENT;
    const rs_model_info *info = &session->model->info;
    size_t count, rows, left;
    session->state = NO_TEXT;
    rs_status status = wordpiece_encode(session->model->wordpiece, (const uint8_t *)text,
                                        text_bytes, session->ids, info->max_tokens,
                                        info->max_tokens, session->spans, &count, NULL);
    if (status) return status;
    encoder_begin_layers(session->encoder, session->ids, count, SELF_TEST_LAYERS);
    do status = encoder_step(session->encoder, &left);
    while (!status && left);
    if (status) return status;
    const float *hidden = encoder_hidden(session->encoder, &rows);
    pool(info->pool, hidden, rows, info->hidden_size, session->vector);
    sha256_hex_of(session->vector, info->hidden_size * sizeof *session->vector, hex);
    return RS_OK;
}

/* Compares the hash of the self-test's text with the model file. Returns RS_ERR_KERNEL when they
 * differ. */
static rs_status self_test(rs_session *s, rs_error *error) {
    const rs_model *m = s->model;
    char hex[SHA256_HEX_BYTES];
    rs_status status = rs_self_test_sha256(s, m->test_text, strlen(m->test_text), hex);
    if (status) return rs_fail(error, status, 0, "out of memory for the self-test");
    if (!strcmp(hex, m->test_sha256)) return RS_OK;
    return rs_fail(
        error, RS_ERR_KERNEL, 0,
        "the self-test failed with %s, as with all other kernels: the embedding of its text "
        "differs from the file, so results cannot be trusted; convert the checkpoint again, or "
        "use another machine",
        rs_session_kernel(s));
}

rs_status rs_session_open(rs_model *model, const rs_session_options *options,
                          rs_session **session, rs_error *error) {
    if (!model || !session)
        return rs_fail(error, RS_ERR_ARGUMENT, 0, "model or session is NULL");
    *session = NULL;
    rs_status status = open_session(model, options, session, error);
    const bool exact = model->info.int8 && linear_exact(&model->layers[0].qkv);
    if (status || model->tested || !model->info.self_test || !exact ||
        (options && options->untested))
        return status;
    const fast *fastest = fast_choose();
    while ((status = self_test(*session, error))) {
        rs_session_close(*session);
        *session = NULL;
        if (status != RS_ERR_KERNEL || !fast_refuse(fast_choose())) break;
        status = open_session(model, options, session, error);
        if (status) break;
    }
    if (status)
        fast_accept(fastest); /* no kernels passed: the file is at fault, or the machine */
    model->tested = !status;
    return status;
}

const char *rs_refused_kernel(void) {
    const fast *refused = fast_refused();
    return refused ? refused->name : "";
}

void rs_session_close(rs_session *session) {
    if (!session) return;
    encoder_close(session->encoder);
    threads_close(session->threads);
    arena a = session->arena; /* a copy, since the session is freed with it */
    arena_free(&a);
}

const char *rs_session_kernel(const rs_session *session) {
    return linear_kernel_name(&session->model->layers[0].qkv);
}

size_t rs_session_threads(const rs_session *session) { return threads_count(session->threads); }

/* ---- Embeddings -------------------------------------------------------------------------- */

rs_status rs_embed_begin(rs_session *session, const char *text, size_t text_bytes,
                         size_t *tokens, size_t *cut, size_t *cut_byte) {
    if (!session || (!text && text_bytes)) return RS_ERR_ARGUMENT;
    session->state = NO_TEXT;
    const size_t max = session->model->info.max_tokens;
    size_t dropped;
    rs_status status =
        wordpiece_encode(session->model->wordpiece, (const uint8_t *)text, text_bytes,
                         session->ids, max, max, session->spans, &session->ids_count, &dropped);
    if (status) return status;
    if (recall(session)) {
        session->state = EMBEDDED;
    } else {
        encoder_begin(session->encoder, session->ids, session->ids_count);
        session->state = BEGUN;
    }
    if (tokens) *tokens = session->ids_count;
    if (cut) *cut = dropped;
    if (cut_byte)
        *cut_byte = dropped ? session->spans[session->ids_count - 1].start : text_bytes;
    return RS_OK;
}

rs_status rs_embed_step(rs_session *session, float *out, size_t *left) {
    if (!session || !left || session->state == NO_TEXT) return RS_ERR_ARGUMENT;
    const rs_model_info *info = &session->model->info;
    *left = 0;
    if (session->state == BEGUN) {
        rs_status status = encoder_step(session->encoder, left);
        if (status) session->state = NO_TEXT;
        if (status || *left) return status;
        size_t rows;
        const float *hidden = encoder_hidden(session->encoder, &rows);
        pool(info->pool, hidden, rows, info->hidden_size, session->vector);
        session->state = EMBEDDED;
        remember(session);
    }
    if (out) memcpy(out, session->vector, info->hidden_size * sizeof *out);
    return RS_OK;
}

/* Runs all steps of a text that was begun. */
static rs_status embed_all(rs_session *session, float *out) {
    size_t left;
    rs_status status;
    do status = rs_embed_step(session, out, &left);
    while (!status && left);
    return status;
}

rs_status rs_embed(rs_session *session, const char *text, size_t text_bytes, float *out,
                   size_t *tokens, size_t *cut, size_t *cut_byte) {
    if (!out) return RS_ERR_ARGUMENT;
    rs_status status = rs_embed_begin(session, text, text_bytes, tokens, cut, cut_byte);
    return status ? status : embed_all(session, out);
}

rs_status rs_embed_ids(rs_session *session, const int32_t *ids, size_t count, float *out,
                       rs_error *error) {
    if (!session || !ids || !out)
        return rs_fail(error, RS_ERR_ARGUMENT, 0, "an argument is NULL");
    const rs_model_info *info = &session->model->info;
    if (count < 1 || count > info->positions)
        return rs_fail(error, RS_ERR_ARGUMENT, 0, "%zu ids; the model takes 1 to %zu", count,
                       info->positions);
    for (size_t i = 0; i < count; i++)
        if (ids[i] < 0 || (size_t)ids[i] >= info->vocab_size)
            return rs_fail(error, RS_ERR_ARGUMENT, i, "id %d is not in the vocabulary of %zu",
                           (int)ids[i], info->vocab_size);
    encoder_begin(session->encoder, ids, count);
    session->state = BEGUN;
    session->ids_count = 0; /* session->ids are those of another text */
    rs_status status = embed_all(session, out);
    return status ? rs_fail(error, status, 0, "out of memory while embedding") : RS_OK;
}

/* ---- Search ------------------------------------------------------------------------------ */

rs_status rs_query_scores(rs_session *session, const rs_index *index, rs_query *query,
                          float *parts, rs_error *error) {
    if (!session || !index || !query || !parts)
        return rs_fail(error, RS_ERR_ARGUMENT, 0, "an argument is NULL");
    if (session->state != EMBEDDED || !session->ids_count)
        return rs_fail(error, RS_ERR_ARGUMENT, 0, "no text has been embedded completely");
    const size_t H = session->model->info.hidden_size;
    if (rs_index_describe(index)->hidden_size != H)
        return rs_fail(error, RS_ERR_MISMATCH, 0,
                       "the index has vectors of %zu numbers, the model of %zu",
                       rs_index_describe(index)->hidden_size, H);
    query->in_corpus = rs_index_find(index, session->ids, session->ids_count);
    const size_t N = rs_index_describe(index)->papers;
    rank_score(index, session->threads, session->vector, session->scratch,
               parts + RS_PART_COSINE * N, parts + RS_PART_CENTRED * N);
    rs_score_lexical(index, session->ids, session->ids_count, parts + RS_PART_LEXICAL * N);
    return RS_OK;
}

rs_status rs_query_text(rs_session *session, const rs_index *index, const char *text,
                        size_t text_bytes, rs_query *query, float *parts, rs_error *error) {
    if (!session || !query || (!text && text_bytes))
        return rs_fail(error, RS_ERR_ARGUMENT, 0, "an argument is NULL");
    rs_status status = rs_embed_begin(session, text, text_bytes, &query->tokens, &query->cut,
                                      &query->cut_byte);
    if (!status) status = embed_all(session, NULL);
    if (status) return rs_fail(error, status, 0, "out of memory for a query");
    return rs_query_scores(session, index, query, parts, error);
}

rs_status rs_search(rs_session *session, const rs_index *index, const char *text,
                    size_t text_bytes, size_t top, char **json, rs_error *error) {
    if (!session || !index || !json)
        return rs_fail(error, RS_ERR_ARGUMENT, 0, "an argument is NULL");
    *json = NULL;
    arena scratch;
    arena_init(&scratch, &session->model->arena.allocator);
    float *parts =
        arena_alloc(&scratch, rs_index_describe(index)->papers, RS_PARTS * sizeof *parts);
    rs_query query;
    rs_status status =
        parts ? rs_query_text(session, index, text, text_bytes, &query, parts, error)
              : rs_fail(error, RS_ERR_MEMORY, 0, "out of memory for a query");
    if (!status) status = rs_report(index, &query, parts, NULL, top, json, error);
    arena_free(&scratch);
    return status;
}
