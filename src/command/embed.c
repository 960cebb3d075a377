#include "command/embed.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/sha256.h"

void embed_fingerprint(const char *model_sha256, const char *kernel,
                       uint8_t fingerprint[RESUME_FINGERPRINT_BYTES]) {
    sha256 s;
    sha256_init(&s);
    sha256_update(&s, model_sha256, strlen(model_sha256));
    sha256_update(&s, kernel, strlen(kernel) + 1);
    sha256_update(&s, RS_VERSION, sizeof RS_VERSION);
    sha256_final(&s, fingerprint);
}

/* State shared by the workers. Everything below `lock` is accessed only while holding it. */
typedef struct crew {
    embed_texts *texts;
    resume *partial;
    size_t H;
    const size_t *order; /* [wanted] unfinished texts, the longest first */
    size_t wanted;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t next, finished, working;
    bool stop;
    rs_status status;
    rs_error error;
} crew;

typedef struct worker {
    crew *crew;
    rs_session *session;
    pthread_t thread;
} worker;

/* ---- One thread -------------------------------------------------------------------------- */

static rs_status embed_one(rs_session *session, embed_texts *t, size_t i, size_t H,
                           rs_error *error) {
    float *out = t->vectors + i * H;
    rs_status status =
        rs_embed(session, t->texts[i], strlen(t->texts[i]), out, NULL, NULL, NULL);
    if (status) return rs_fail(error, status, 0, "out of memory while embedding");
    for (size_t h = 0; h < H; h++)
        if (!isfinite(out[h]))
            return rs_fail(
                error, RS_ERR_FORMAT, 0,
                "the model gives no finite numbers for text %zu: its weights are damaged",
                i + 1);
    return RS_OK;
}

static void *work(void *argument) {
    worker *w = argument;
    crew *c = w->crew;
    pthread_mutex_lock(&c->lock);
    while (!c->stop && c->next < c->wanted) {
        size_t i = c->order[c->next++];
        rs_error error;
        pthread_mutex_unlock(&c->lock);
        rs_status status = embed_one(w->session, c->texts, i, c->H, &error);
        pthread_mutex_lock(&c->lock);
        if (!status) {
            c->texts->done[i] = true;
            c->finished++;
            status = resume_add(c->partial, c->texts->keys + i * RESUME_KEY_BYTES,
                                c->texts->vectors + i * c->H, &error);
        }
        if (status && !c->status) {
            c->status = status;
            c->error = error;
        }
        if (status) c->stop = true;
        pthread_cond_signal(&c->changed);
    }
    c->working--;
    pthread_cond_signal(&c->changed);
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

/* ---- The main thread ---------------------------------------------------------------------- */

static struct timespec in_a_tenth(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t); /* the clock that pthread_cond_timedwait uses */
    t.tv_nsec += 100000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return t;
}

/* Waits until all workers are done: shows progress, flushes finished vectors every second, and
 * checks for Ctrl-C. Returns whether it stopped because of Ctrl-C. */
static bool watch(crew *c, bool show) {
    cli_progress progress;
    bool interrupted = false;
    size_t before = c->texts->count - c->wanted;
    time_t flushed = time(NULL);
    cli_progress_start(&progress, "papers", c->texts->count, before, show);
    pthread_mutex_lock(&c->lock);
    while (c->working) {
        struct timespec until = in_a_tenth();
        pthread_cond_timedwait(&c->changed, &c->lock, &until);
        cli_progress_show(&progress, before + c->finished);
        if (cli_interrupted()) interrupted = c->stop = true;
        if (time(NULL) == flushed) continue;
        flushed = time(NULL);
        if (!c->status) c->status = resume_flush(c->partial, &c->error);
        if (c->status) c->stop = true;
    }
    if (!c->status) c->status = resume_flush(c->partial, &c->error);
    pthread_mutex_unlock(&c->lock);
    cli_progress_end(&progress);
    /* All texts may have been finished before Ctrl-C was noticed. */
    return interrupted && c->finished < c->wanted;
}

/* ---- All --------------------------------------------------------------------------------- */

typedef struct ranked_text {
    size_t tokens, text;
} ranked_text;

static int compare_length(const void *left, const void *right) {
    const ranked_text *a = left, *b = right;
    if (a->tokens != b->tokens) return a->tokens > b->tokens ? -1 : 1;
    return a->text < b->text ? -1 : a->text > b->text;
}

/* Makes the list of unfinished texts, the longest first; NULL when memory is out. */
static size_t *find_order(const embed_texts *t, size_t *wanted) {
    size_t *order = malloc((t->count + 1) * sizeof *order);
    ranked_text *ranked = malloc((t->count + 1) * sizeof *ranked);
    *wanted = 0;
    if (order && ranked) {
        for (size_t i = 0; i < t->count; i++)
            if (!t->done[i]) ranked[(*wanted)++] = (ranked_text){t->tokens[i], i};
        qsort(ranked, *wanted, sizeof *ranked, compare_length);
        for (size_t i = 0; i < *wanted; i++) order[i] = ranked[i].text;
    } else {
        free(order);
        order = NULL;
    }
    free(ranked);
    return order;
}

/* Opens the sessions one after the other, because they share the model's packed weights. */
static rs_status open_sessions(rs_model *model, bool untested, worker *workers, size_t count,
                               rs_error *error) {
    const rs_session_options options = {.untested = untested};
    rs_status status = RS_OK;
    for (size_t i = 0; !status && i < count; i++)
        status = rs_session_open(model, &options, &workers[i].session, error);
    return status;
}

/* Starts as many threads as possible; one is enough. */
static size_t start(crew *c, worker *workers, size_t count) {
    size_t started = 0;
    for (; started < count; started++) {
        workers[started].crew = c;
        if (pthread_create(&workers[started].thread, NULL, work, &workers[started])) break;
    }
    return started;
}

static embed_end run(rs_model *model, crew *c, const embed_options *options, worker *workers,
                     size_t count, rs_error *error) {
    if (open_sessions(model, options->untested, workers, count, error)) return EMBED_FAILED;
    cli_interrupted(); /* from here on Ctrl-C only sets a flag */
    /* The workers wait for the lock until all of them are counted. */
    pthread_mutex_lock(&c->lock);
    c->working = start(c, workers, count);
    size_t started = c->working;
    pthread_mutex_unlock(&c->lock);
    if (!started) {
        rs_fail(error, RS_ERR_MEMORY, 0, "no thread can be started");
        return EMBED_FAILED;
    }
    bool interrupted = watch(c, options->progress);
    for (size_t i = 0; i < started; i++) pthread_join(workers[i].thread, NULL);
    if (c->status) {
        *error = c->error;
        return EMBED_FAILED;
    }
    return interrupted ? EMBED_INTERRUPTED : EMBED_COMPLETE;
}

embed_end embed_run(rs_model *model, embed_texts *texts, const embed_options *options,
                    resume *partial, rs_error *error) {
    crew c = {.texts = texts,
              .partial = partial,
              .H = rs_model_describe(model)->hidden_size,
              .lock = PTHREAD_MUTEX_INITIALIZER,
              .changed = PTHREAD_COND_INITIALIZER};
    size_t *order = find_order(texts, &c.wanted);
    size_t count = options->threads < c.wanted ? options->threads : c.wanted;
    worker *workers = calloc(count + 1, sizeof *workers);
    embed_end end = EMBED_COMPLETE;
    c.order = order;
    if (!order || !workers) {
        rs_fail(error, RS_ERR_MEMORY, 0, "out of memory for %zu texts", texts->count);
        end = EMBED_FAILED;
    } else if (c.wanted) {
        end = run(model, &c, options, workers, count, error);
    }
    for (size_t i = 0; workers && i < count; i++) rs_session_close(workers[i].session);
    free(workers);
    free(order);
    pthread_cond_destroy(&c.changed);
    pthread_mutex_destroy(&c.lock);
    return end;
}
