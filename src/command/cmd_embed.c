#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/printable.h"
#include "base/utf8.h"
#include "command/commands.h"
#include "command/embed.h"
#include "command/load.h"
#include "encoder/model.h"
#include "records/versions.h"
#include "search/index_write.h"
#include "search/lexical_write.h"
#include "search/options.h"
#include "system/output.h"
#include "tensors/npy.h"

static const char help[] =
    "usage: refscout embed --model MODEL CORPUS… -o INDEX [options]\n\n"
    "Embeds the papers of a corpus once, for search and for the page. A CORPUS is a JSON array "
    "of\n"
    "{title, abstract, doi, authors, …} or JSON Lines, also compressed by xz or gzip; - is "
    "standard\n"
    "input. After an interruption the same command resumes where it stopped.\n\n"
    "  --text abstract|title-abstract  what is embedded (abstract)\n"
    "  --store f32|int8                how vectors are stored (f32); int8 is a quarter of the "
    "size,\n"
    "                                  and the order of papers with nearly equal scores may change\n"
    "  --score cosine|centred|lexical|hybrid  default score of searches (hybrid)\n"
    "  --weight W                      of the vectors in the hybrid, above 0 to 1; the rest is the lexical\n"
    "                                  score's (0.6)\n"
    "  --threads N                     papers embedded in parallel (all cores)\n"
    "  --note TEXT                     about the papers, shown with every result\n"
    "  --npy FILE                      also write the vectors as NumPy array (papers, hidden "
    "size)\n"
    "  --from-npy FILE                 take the vectors from such a file instead of embedding\n"
    "  --progress                      show progress even if stderr is not a terminal\n"
    "  --no-self-test                  start without comparing a text's vector with the model file\n";

static const char *const text_names[] = {"abstract", "title-abstract", NULL};
enum { TEXT_ABSTRACT, TEXT_TITLE_ABSTRACT };
static const char *const store_names[] = {"f32", "int8", NULL};
enum { STORE_F32, STORE_INT8 };

/* Default parameters of BM25 and weight of the hybrid; docs/evaluation.md gives the reasons. */
static const double lexical_k1 = 1.2, lexical_b = 0.75, default_weight = 0.6;

enum { MAX_THREADS = 256 };

typedef struct settings {
    const char *model_path, *index_path, *npy_path, *from_npy_path, *note;
    int text, store, score;
    const char *weight_text;
    double weight;
    size_t threads;
    bool untested, progress;
    char **corpora; /* [corpora_count] */
    size_t corpora_count;
} settings;

/* State of one run. */
typedef struct job {
    const settings *set;
    loaded_model model;
    const rs_model_info *info;
    corpus corpus;
    versions_report versions;
    people people;
    const char **texts;  /* [N] */
    size_t *tokens;      /* [N] */
    uint8_t *text_ids;   /* [N, 8] */
    uint8_t *keys;       /* [N, RESUME_KEY_BYTES] */
    int32_t specials[5]; /* tokens that are not indexed */
    size_t specials_count;
    lexical_writer terms;
    uint8_t *lexical; /* the encoded lexical index */
    size_t lexical_bytes;
    float *vectors;   /* [N, H] */
    bool *done;       /* [N] */
    size_t texts_cut; /* number of texts longer than the model's maximum */
    resume *partial;
    double seconds;
    size_t embedded; /* number of papers embedded in this run */
} job;

/* ---- Options ----------------------------------------------------------------------------- */

static int read_settings(int argc, char **argv, settings *s) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    *s = (settings){.threads = cores < 1             ? 1
                               : cores > MAX_THREADS ? MAX_THREADS
                                                     : (size_t)cores,
                    .score = RS_SCORE_HYBRID - 1,
                    .weight = default_weight};
    const cli_option options[] = {
        {.name = "--model", .path = &s->model_path},
        {.name = "-o", .path = &s->index_path},
        {.name = "--text", .choice = &s->text, .choices = text_names},
        {.name = "--store", .choice = &s->store, .choices = store_names},
        {.name = "--score", .choice = &s->score, .choices = options_scores},
        {.name = "--weight", .text = &s->weight_text},
        {.name = "--threads", .count = &s->threads},
        {.name = "--note", .text = &s->note},
        {.name = "--npy", .path = &s->npy_path},
        {.name = "--from-npy", .path = &s->from_npy_path},
        {.name = "--progress", .flag = &s->progress},
        {.name = "--no-self-test", .flag = &s->untested},
        {0}};
    int code = cli_parse(argc, argv, options, help, &s->corpora_count);
    if (code >= 0) return code;
    s->corpora = argv + 1;
    if (!s->model_path) return cli_usage("--model is missing");
    if (!s->index_path) return cli_usage("-o INDEX is missing");
    if (!s->corpora_count) return cli_usage("a corpus is missing");
    if (s->weight_text && !cli_share(s->weight_text, &s->weight))
        return cli_usage("--weight takes a number above 0, at most 1");
    if (s->threads < 1 || s->threads > MAX_THREADS)
        return cli_usage("--threads takes 1 to %d", MAX_THREADS);
    if (s->note && utf8_check((const uint8_t *)s->note, strlen(s->note)) != strlen(s->note))
        return cli_usage("--note is not UTF-8");
    return -1;
}

/* Whether the output would replace one of the inputs; then prints an error. */
static bool replaces_input(const char *path, const settings *s) {
    const char *input = NULL;
    for (size_t i = 0; i < s->corpora_count && !input; i++)
        if (strcmp(s->corpora[i], "-") != 0 && cli_same_file(path, s->corpora[i]))
            input = s->corpora[i];
    if (cli_same_file(path, s->model_path)) input = s->model_path;
    if (s->from_npy_path && cli_same_file(path, s->from_npy_path)) input = s->from_npy_path;
    if (input) cli_note("%s: would be replaced by the output; give another name to it", input);
    return input != NULL;
}

/* Checks before embedding, which may take hours, that the output file can be written. */
static int check_output(const char *path, const settings *s) {
    rs_error error;
    output *file;
    struct stat info;
    if (replaces_input(path, s)) return CLI_FAILED;
    if (!stat(path, &info) && S_ISDIR(info.st_mode)) {
        rs_fail(&error, RS_ERR_IO, 0, "is a folder; the output is a file");
        return cli_failed(path, &error);
    }
    if (output_open(path, &file, &error)) return cli_failed(path, &error);
    output_abandon(file);
    return CLI_OK;
}

/* ---- The corpus -------------------------------------------------------------------------- */

static int read_corpus(job *j) {
    rs_error error;
    for (size_t i = 0; i < j->set->corpora_count; i++) {
        const char *path = j->set->corpora[i];
        const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
        const char *slash = strrchr(name, '/'), *short_name = slash ? slash + 1 : name;
        cli_file file;
        if (cli_read(path, &file, &error)) return cli_failed(name, &error);
        rs_status status = corpus_read(&j->corpus, short_name, file.bytes, file.size, &error);
        cli_close(&file);
        if (status) return cli_failed(name, &error);
    }
    if (!j->corpus.count) {
        rs_fail(&error, RS_ERR_FORMAT, 0,
                "none of %zu records has an abstract; there is nothing to embed",
                j->corpus.records);
        return cli_failed(NULL, &error);
    }
    if (versions_merge(&j->corpus, &j->versions, &error) ||
        people_build(j->corpus.papers, j->corpus.count, &j->people, &error))
        return cli_failed(NULL, &error);
    return CLI_OK;
}

static const char *plural(size_t count) { return count == 1 ? "" : "s"; }

/* Prints each example on its own line. */
static void print_examples(const corpus_note *note) {
    for (size_t i = 0; i < note->count && i < CORPUS_EXAMPLES; i++)
        printf("  %s\n", note->examples[i]);
    if (note->count > CORPUS_EXAMPLES)
        printf("  and %zu more\n", note->count - CORPUS_EXAMPLES);
}

static void print_note(const corpus_note *note, const char *verb, const char *noun,
                       const char *what) {
    if (!note->count) return;
    printf("%s %zu %s%s %s:\n", verb, note->count, noun, plural(note->count), what);
    print_examples(note);
}

static void print_corpus(const job *j) {
    const corpus *c = &j->corpus;
    printf("read %zu record%s from %zu file%s\n", c->records, plural(c->records),
           j->set->corpora_count, plural(j->set->corpora_count));
    print_note(&c->no_abstract, "dropped", "record", "without an abstract");
    print_note(&c->ill_formed, "repaired", "record",
               "with ill-formed UTF-8, replaced by U+FFFD");
    print_note(&c->lone_escapes, "repaired", "record",
               "with \\u escapes that are not characters, replaced by U+FFFD");
    print_note(&c->stray_blanks, "repaired", "record",
               "with superfluous white space, line breaks or control characters");
    print_note(&c->nameless_authors, "left out", "author", "without a name");
    print_note(&c->bad_orcids, "ignored", "ORCID",
               "that is invalid or belongs to several authors of one paper");
    if (j->versions.removed) {
        printf("merged %zu record%s into newer versions of %zu paper%s of the same DOI:\n",
               j->versions.removed, plural(j->versions.removed), j->versions.merged.count,
               plural(j->versions.merged.count));
        print_examples(&j->versions.merged);
    }
    print_note(&j->versions.kept_apart, "kept", "record",
               "separate, with the DOI of another paper but neither its title nor its authors");
    printf("%zu paper%s by %zu people\n", c->count, plural(c->count), j->people.count);
    fflush(stdout);
}

/* ---- Texts ------------------------------------------------------------------------------- */

/* Returns the text to embed (docs/formats.md); NULL when memory is out. */
static const char *text_of(job *j, const paper *p) {
    static const char joint[] = " [SEP] ";
    if (j->set->text == TEXT_ABSTRACT || !p->title) return p->abstract;
    size_t bytes = strlen(p->title) + strlen(p->abstract) + sizeof joint;
    char *text = textpool_alloc(&j->corpus.pool, bytes);
    if (text) snprintf(text, bytes, "%s%s%s", p->title, joint, p->abstract);
    return text;
}

static rs_status allocate(job *j) {
    size_t N = j->corpus.count, values;
    if (!size_mul(N, j->info->hidden_size, &values) || values > SIZE_MAX / sizeof(float))
        return RS_ERR_MEMORY;
    j->texts = calloc(N, sizeof *j->texts);
    j->tokens = calloc(N, sizeof *j->tokens);
    j->text_ids = calloc(N, 8);
    j->keys = calloc(N, RESUME_KEY_BYTES);
    j->vectors = calloc(values, sizeof *j->vectors);
    j->done = calloc(N, sizeof *j->done);
    return j->texts && j->tokens && j->text_ids && j->keys && j->vectors && j->done
               ? RS_OK
               : RS_ERR_MEMORY;
}

/* Tokenizes paper i. ids: buffer for the maximum number of tokens. */
static rs_status prepare_text(job *j, size_t i, int32_t *ids) {
    size_t cut, bytes;
    j->texts[i] = text_of(j, &j->corpus.papers[i]);
    if (!j->texts[i]) return RS_ERR_MEMORY;
    bytes = strlen(j->texts[i]);
    rs_status status = rs_tokenize(j->model.model, j->texts[i], bytes, ids, j->info->max_tokens,
                                   &j->tokens[i], &cut);
    if (status) return status;
    if (cut) j->texts_cut++;
    rs_text_id(ids, j->tokens[i], j->text_ids + i * 8);
    resume_key(j->texts[i], bytes, j->keys + i * RESUME_KEY_BYTES);
    return lexical_writer_add(&j->terms, ids, j->tokens[i], j->specials, j->specials_count);
}

static void find_specials(job *j) {
    const wordpiece_specials *of = wordpiece_special_ids(j->model.model->wordpiece);
    const int32_t ids[] = {of->pad, of->unk, of->cls, of->sep, of->mask};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (ids[i] >= 0) j->specials[j->specials_count++] = ids[i];
}

static int prepare_texts(job *j) {
    rs_error error;
    int32_t *ids = malloc(j->info->max_tokens * sizeof *ids);
    rs_status status = ids ? allocate(j) : RS_ERR_MEMORY;
    find_specials(j);
    for (size_t i = 0; !status && i < j->corpus.count; i++) status = prepare_text(j, i, ids);
    free(ids);
    if (!status) status = lexical_writer_finish(&j->terms, &j->lexical, &j->lexical_bytes);
    lexical_writer_free(&j->terms);
    if (!status) return CLI_OK;
    rs_fail(&error, status, 0, "out of memory for the texts and vectors of %zu papers",
            j->corpus.count);
    return cli_failed(NULL, &error);
}

/* ---- Vectors ----------------------------------------------------------------------------- */

static int open_partial(job *j) {
    rs_error error;
    uint8_t fingerprint[RESUME_FINGERPRINT_BYTES];
    resume_report report;
    rs_session *session; /* opened to get the name of its kernel */
    int code = open_session(j->set->model_path, &j->model, 1, j->set->untested, &session);
    if (code) return code;
    embed_fingerprint(load_model_sha256(&j->model), rs_session_kernel(session), fingerprint);
    rs_session_close(session);
    char *path = malloc(strlen(j->set->index_path) + sizeof ".partial");
    if (!path) {
        rs_fail(&error, RS_ERR_MEMORY, 0, "out of memory");
        return cli_failed(NULL, &error);
    }
    sprintf(path, "%s.partial", j->set->index_path);
    if (resume_open(j->set->index_path, fingerprint, j->info->hidden_size, j->keys,
                    j->corpus.count, j->vectors, j->done, &j->partial, &report, &error)) {
        code = cli_failed(path, &error);
    } else {
        if (report.replaced)
            cli_note("%s: was made by another model or version; started over", path);
        if (report.cut_bytes)
            cli_note("%s: an incomplete record of %zu bytes at its end was removed", path,
                     report.cut_bytes);
    }
    free(path);
    return code;
}

static size_t count_done(const job *j) {
    size_t done = 0;
    for (size_t i = 0; i < j->corpus.count; i++) done += j->done[i];
    return done;
}

static int embed(job *j) {
    rs_error error;
    int code = open_partial(j);
    if (code) return code;
    size_t before = count_done(j);
    if (before)
        printf("took %zu paper%s from %s\n", before, plural(before), resume_path(j->partial));
    fflush(stdout);
    embed_texts texts = {.texts = j->texts,
                         .tokens = j->tokens,
                         .keys = j->keys,
                         .count = j->corpus.count,
                         .vectors = j->vectors,
                         .done = j->done};
    const embed_options options = {
        .threads = j->set->threads, .progress = j->set->progress, .untested = j->set->untested};
    double started = cli_now_s();
    embed_end end = embed_run(j->model.model, &texts, &options, j->partial, &error);
    j->seconds = cli_now_s() - started;
    size_t done = count_done(j);
    j->embedded = done - before;
    if (end == EMBED_COMPLETE) return CLI_OK;
    if (end == EMBED_FAILED)
        cli_failed(error.status == RS_ERR_IO ? resume_path(j->partial) : j->set->model_path,
                   &error);
    cli_note(
        "%s%zu of %zu papers are done; run the same command again to resume (%s stores them)",
        end == EMBED_INTERRUPTED ? "interrupted: " : "", done, j->corpus.count,
        resume_path(j->partial));
    return CLI_FAILED;
}

/* Takes the vectors from the array: one row per paper, or one row per record before merging. */
static rs_status take_rows(job *j, const npy *array, rs_error *error) {
    size_t N = j->corpus.count, H = j->info->hidden_size;
    if (array->columns != H)
        return rs_fail(error, RS_ERR_MISMATCH, 0,
                       "has %zu numbers a row; the model has hidden size %zu", array->columns,
                       H);
    if (array->rows != N && array->rows != j->corpus.with_abstract)
        return rs_fail(
            error, RS_ERR_MISMATCH, 0,
            "has %zu rows; the corpus has %zu papers (%zu records with an abstract before "
            "merging versions)",
            array->rows, N, j->corpus.with_abstract);
    for (size_t i = 0; i < N; i++) {
        size_t row = array->rows == N ? i : j->corpus.papers[i].record;
        npy_row(array, row, j->vectors + i * H);
        for (size_t h = 0; h < H; h++)
            if (!isfinite(j->vectors[i * H + h]))
                return rs_fail(error, RS_ERR_FORMAT, 0,
                               "row %zu contains a number that is not finite", row);
    }
    return RS_OK;
}

static int take_from_npy(job *j) {
    const char *path = j->set->from_npy_path;
    cli_file file;
    rs_error error;
    npy array;
    if (cli_read(path, &file, &error)) return cli_failed(path, &error);
    rs_status status = npy_read(file.bytes, file.size, &array, &error);
    if (!status) status = take_rows(j, &array, &error);
    cli_close(&file);
    return status ? cli_failed(path, &error) : CLI_OK;
}

/* ---- Files and summary ------------------------------------------------------------------- */

static void print_summary(const job *j, float worst_cosine) {
    struct stat info;
    const settings *s = j->set;
    if (s->from_npy_path)
        printf("took the vectors from %s\n", s->from_npy_path);
    else if (!j->embedded)
        printf("embedded nothing: all vectors existed\n");
    else
        printf("embedded %zu paper%s in %.1f s, %.2f papers/s\n", j->embedded,
               plural(j->embedded), j->seconds,
               j->seconds > 0 ? (double)j->embedded / j->seconds : 0);
    if (j->texts_cut && !s->from_npy_path)
        printf("%zu text%s longer than %zu tokens and truncated\n", j->texts_cut,
               j->texts_cut == 1 ? " was" : "s were", j->info->max_tokens);
    if (s->npy_path)
        printf("wrote %s: (%zu, %zu) f32\n", s->npy_path, j->corpus.count,
               j->info->hidden_size);
    printf("wrote %s", s->index_path);
    if (!stat(s->index_path, &info)) printf(": %" PRIdMAX " bytes", (intmax_t)info.st_size);
    if (s->store == STORE_INT8)
        printf(", vectors as int8 (minimum cosine with the f32 vectors %.6f)",
               (double)worst_cosine);
    printf(", lexical part %zu bytes\n", j->lexical_bytes);
    if (*j->info->note) {
        char shown[1024];
        printf("note: %s\n",
               printable(shown, sizeof shown, j->info->note, strlen(j->info->note)));
    }
    if (s->note) printf("note: %s\n", s->note);
}

static int write_files(job *j) {
    const settings *s = j->set;
    rs_error error;
    float worst_cosine;
    int code;
    if (s->npy_path &&
        npy_write(s->npy_path, j->vectors, j->corpus.count, j->info->hidden_size, &error))
        return cli_failed(s->npy_path, &error);
    const index_content content = {.papers = j->corpus.papers,
                                   .papers_count = j->corpus.count,
                                   .people = &j->people,
                                   .vectors = j->vectors,
                                   .hidden_size = j->info->hidden_size,
                                   .text_ids = j->text_ids,
                                   .model_sha256 = load_model_sha256(&j->model),
                                   .model_name = j->info->name,
                                   .text = text_names[s->text],
                                   .note = s->note,
                                   .int8 = s->store == STORE_INT8,
                                   .lexical = j->lexical,
                                   .lexical_bytes = j->lexical_bytes,
                                   .score = options_scores[s->score],
                                   .weight = s->weight,
                                   .k1 = lexical_k1,
                                   .b = lexical_b};
    if (index_write(s->index_path, &content, &worst_cosine, &error)) {
        code = cli_failed(s->index_path, &error);
        if (j->partial)
            cli_note("no vector is lost: %s stores them; run the same command again",
                     resume_path(j->partial));
        return code;
    }
    resume_close(j->partial, false);
    j->partial = NULL;
    print_summary(j, worst_cosine);
    return CLI_OK;
}

static int run(job *j) {
    const settings *s = j->set;
    int code = check_output(s->index_path, s);
    if (!code && s->npy_path) code = check_output(s->npy_path, s);
    if (!code) code = load_model(s->model_path, &j->model);
    if (code) return code;
    j->info = rs_model_describe(j->model.model);
    if ((code = read_corpus(j))) return code;
    print_corpus(j);
    if ((code = prepare_texts(j))) return code;
    code = s->from_npy_path ? take_from_npy(j) : embed(j);
    return code ? code : write_files(j);
}

int cmd_embed(int argc, char **argv) {
    settings set;
    int code = read_settings(argc, argv, &set);
    if (code >= 0) return code;
    /* Ignored, so that a limit on file sizes is an error like a full disk and does not kill us. */
    signal(SIGXFSZ, SIG_IGN);
    job j = {.set = &set};
    code = run(&j);
    resume_close(j.partial, true);
    free(j.texts);
    free(j.tokens);
    free(j.text_ids);
    free(j.keys);
    free(j.vectors);
    free(j.done);
    free(j.lexical);
    people_free(&j.people);
    corpus_free(&j.corpus);
    unload_model(&j.model);
    return code;
}
