#include "search/lexical.h"

#include <string.h>

/* ---- Numbers ----------------------------------------------------------------------------- */

/* ln x for finite x >= 1. C libraries differ in the last bit of log(); this one has an error of
 * some 1e-16 and gives the same bits everywhere. x = m 2^e with m in (sqrt 1/2, sqrt 2], ln m =
 * 2 artanh((m - 1) / (m + 1)). */
static double natural_log(double x) {
    int e = 0;
    double m = x;
    for (; m > 1.4142135623730951; m /= 2) e++;
    const double s = (m - 1) / (m + 1), square = s * s;
    double sum = 0;
    for (int n = 23; n >= 1; n -= 2) sum = sum * square + 1.0 / n;
    return 2 * s * sum + e * 0.69314718055994531;
}

/* Read position and end of the data. */
typedef struct cursor {
    const uint8_t *bytes;
    size_t at, size;
} cursor;

/* Reads a variable byte code: seven bits a byte, the lowest first, the top bit set on all but
 * the last byte. At most 35 bits. */
static bool read_number(cursor *c, uint64_t *value) {
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 35 && c->at < c->size; shift += 7) {
        const uint8_t byte = c->bytes[c->at++];
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *value = v;
            return true;
        }
    }
    return false;
}

/* As read_number, for bytes that have been validated. */
static inline uint32_t next_number(const uint8_t **p) {
    uint32_t v = 0;
    for (unsigned shift = 0;; shift += 7) {
        const uint8_t byte = *(*p)++;
        v |= (uint32_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return v;
    }
}

/* ---- Reading ----------------------------------------------------------------------------- */

static rs_status bad(rs_error *error, size_t at, const char *what) {
    return rs_fail(error, RS_ERR_FORMAT, at, "tensor lexical: %s at its byte %zu", what, at);
}

/* Reads a term's postings: papers in ascending order, each with its term frequency. Adds the
 * frequencies to the papers' lengths. */
static rs_status read_postings(cursor *c, size_t papers, uint32_t count, double *lengths,
                               rs_error *error) {
    uint64_t next = 0; /* the lowest paper number that can follow */
    for (uint32_t i = 0; i < count; i++) {
        const size_t start = c->at;
        uint64_t step, times = 1;
        if (!read_number(c, &step)) return bad(error, start, "expected the number of a paper");
        const uint64_t paper = next + (step >> 1);
        if (paper >= papers) return bad(error, start, "a paper number out of range");
        if (step & 1) {
            if (!read_number(c, &times) || times > LEXICAL_MAX_COUNT - 2)
                return bad(error, start, "expected a term frequency");
            times += 2;
        }
        lengths[paper] += (double)times;
        next = paper + 1;
    }
    return RS_OK;
}

static rs_status read_term(cursor *c, size_t papers, int64_t before, lexical_term *out,
                           double *lengths, rs_error *error) {
    const size_t start = c->at;
    uint64_t step, count;
    if (!read_number(c, &step) || before + 1 + (int64_t)step > INT32_MAX)
        return bad(error, start, "expected a token id");
    if (!read_number(c, &count) || count < 1 || count > papers)
        return bad(error, start, "expected the number of a term's papers");
    *out = (lexical_term){(int32_t)(before + 1 + (int64_t)step), (uint32_t)count, c->at};
    return read_postings(c, papers, (uint32_t)count, lengths, error);
}

/* Computes norms from the papers' lengths [N] in tokens. */
static void make_norms(lexical *x, const double *lengths, float b) {
    double sum = 0;
    for (size_t i = 0; i < x->papers; i++) sum += lengths[i];
    const double mean = sum > 0 ? sum / (double)x->papers : 1;
    for (size_t i = 0; i < x->papers; i++)
        x->norms[i] = (float)((double)x->k1 * (1 - (double)b + (double)b * lengths[i] / mean));
}

static rs_status read_all(lexical *x, cursor *c, double *lengths, rs_error *error) {
    int64_t before = -1;
    for (size_t t = 0; t < x->terms_count; t++) {
        rs_status status = read_term(c, x->papers, before, &x->terms[t], lengths, error);
        if (status) return status;
        before = x->terms[t].id;
        const double n = x->terms[t].papers, N = (double)x->papers;
        x->idf[t] = (float)natural_log(1 + (N - n + 0.5) / (n + 0.5));
    }
    if (c->at != c->size) return bad(error, c->at, "data after the last term");
    return RS_OK;
}

rs_status lexical_open(arena *a, const uint8_t *bytes, size_t size, size_t papers,
                       const lexical_settings *settings, lexical *out, rs_error *error) {
    cursor c = {bytes, 0, size};
    uint64_t terms;
    /* A term takes at least three bytes, so a small file cannot cause a large allocation. */
    if (!read_number(&c, &terms) || terms > size / 3)
        return bad(error, 0, "expected the number of terms");
    lexical x = {
        .bytes = bytes, .terms_count = (size_t)terms, .papers = papers, .k1 = settings->k1};
    arena scratch;
    arena_init(&scratch, &a->allocator);
    double *lengths = arena_alloc(&scratch, papers, sizeof *lengths);
    x.terms = arena_alloc(a, x.terms_count, sizeof *x.terms);
    x.idf = arena_alloc(a, x.terms_count, sizeof *x.idf);
    x.norms = arena_alloc(a, papers, sizeof *x.norms);
    rs_status status = lengths && x.terms && x.idf && x.norms
                           ? read_all(&x, &c, lengths, error)
                           : rs_fail(error, RS_ERR_MEMORY, 0, "out of memory for the index");
    if (!status) {
        make_norms(&x, lengths, settings->b);
        *out = x;
    }
    arena_free(&scratch);
    return status;
}

/* ---- Scoring ----------------------------------------------------------------------------- */

/* The position of a term in the table; terms_count when there is none. */
static size_t find_term(const lexical *x, int32_t id) {
    size_t from = 0, to = x->terms_count;
    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        if (x->terms[middle].id < id)
            from = middle + 1;
        else
            to = middle;
    }
    return from < x->terms_count && x->terms[from].id == id ? from : x->terms_count;
}

/* The number of occurrences of ids[at] in ids; 0 when it also occurs before `at`, so that each
 * id is counted once. */
static size_t count_new(const int32_t *ids, size_t count, size_t at) {
    size_t times = 1;
    for (size_t i = 0; i < at; i++)
        if (ids[i] == ids[at]) return 0;
    for (size_t i = at + 1; i < count; i++) times += ids[i] == ids[at];
    return times;
}

static void add_term(const lexical *x, size_t term, float weight, float *scores) {
    const uint8_t *p = x->bytes + x->terms[term].at;
    uint32_t paper = 0;
    for (uint32_t i = 0; i < x->terms[term].papers; i++, paper++) {
        const uint32_t step = next_number(&p);
        paper += step >> 1;
        const float times = step & 1 ? (float)(next_number(&p) + 2) : 1;
        scores[paper] += weight * (times / (times + x->norms[paper]));
    }
}

void lexical_score(const lexical *x, const int32_t *ids, size_t count, float *scores) {
    float limit = 0;
    memset(scores, 0, x->papers * sizeof *scores);
    for (size_t i = 0; i < count; i++) {
        const size_t term = find_term(x, ids[i]);
        const size_t times = term < x->terms_count ? count_new(ids, count, i) : 0;
        if (!times) continue;
        const float weight = x->idf[term] * (float)times;
        add_term(x, term, weight, scores);
        limit += weight;
    }
    if (limit > 0)
        for (size_t i = 0; i < x->papers; i++) scores[i] /= limit;
}
