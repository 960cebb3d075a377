#include "command/site.h"

#include <cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sha256.h"
#include "command/site_files.h"
#include "refscout.h"
#include "system/output.h"

/* Size of a piece. A browser holds two copies while it computes the checksum, so small pieces
 * need less memory. */
enum { PIECE_BYTES = 2 << 20, MAX_DEPTH = 8 };

/* Marks a folder as a refscout site before there is a manifest. */
static const char marker_name[] = "refscout-site.txt";
static const char marker_text[] =
    "This folder is written by `refscout site`, and may be written by it again.\n";

/* ---- The page --------------------------------------------------------------------------- */

/* One file of the page in the service worker's list: its path with slashes, and its SHA-256. */
typedef char hex_digest[SHA256_HEX_BYTES];

typedef struct shell_file {
    char *path;
    hex_digest digest;
} shell_file;

/* Adds a file to the list. path: of the file in the site. */
static rs_status list_file(site *s, const char *path, const cli_file *file, rs_error *error) {
    const char *name = path + strlen(s->dir) + 1;
    if (strpbrk(name, "\"\\"))
        return blame(s, path, rs_fail(error, RS_ERR_IO, 0, "has a name that cannot be listed"));
    shell_file *grown = realloc(s->shell, (s->shell_count + 1) * sizeof *grown);
    char *copy = strdup(name);
    if (grown) s->shell = grown;
    if (!grown || !copy) {
        free(copy);
        return rs_fail(error, RS_ERR_MEMORY, 0, "out of memory");
    }
    shell_file *added = &s->shell[s->shell_count++];
    added->path = copy;
    sha256_hex_of(file->bytes, file->size, added->digest);
    return RS_OK;
}

/* Whether a file is part of the page: the folder also contains settings of our tools and
 * documents. Only extensions that every web server supports are used: some servers answer 404
 * for other extensions or none, and some send scripts ".mjs" with a type that browsers do not
 * execute. */
static bool is_web_file(const char *name) {
    static const char *const endings[] = {".html", ".css", ".js",  ".wasm",
                                          ".svg",  ".png", ".ico", ".woff2"};
    if (!strcmp(name, "manifest.json")) return true;
    size_t bytes = strlen(name);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t ending = strlen(endings[i]);
        if (bytes > ending && !strcmp(name + bytes - ending, endings[i])) return true;
    }
    return false;
}

static bool is_skipped_folder(const char *name) {
    return !strcmp(name, "node_modules") || !strcmp(name, "data") || !strcmp(name, "sample");
}

/* The service worker; in a site it begins with the list of all other files. */
static const char worker_name[] = "sw.js";

static rs_status copy_folder(site *s, const char *from, const char *to, int depth,
                             rs_error *error);

static rs_status copy_entry(site *s, const char *from, const char *to, const char *name,
                            int depth, rs_error *error) {
    char source[SITE_PATH_BYTES], target[SITE_PATH_BYTES];
    struct stat st;
    if (join(source, from, name, error) || join(target, to, name, error)) return error->status;
    if (stat(source, &st)) return fail_errno(s, source, "cannot be read", error);
    if (S_ISDIR(st.st_mode))
        return is_skipped_folder(name) ? RS_OK
                                       : copy_folder(s, source, target, depth + 1, error);
    if (!S_ISREG(st.st_mode) || !is_web_file(name)) return RS_OK;
    if (depth == 0 && !strcmp(name, worker_name))
        return RS_OK; /* written last, by put_worker */
    cli_file file;
    if (cli_read(source, &file, error)) return blame(s, source, error->status);
    rs_status status = put(s, target, file.bytes, file.size, error);
    if (!status) status = list_file(s, target, &file, error);
    cli_close(&file);
    return status;
}

static rs_status copy_folder(site *s, const char *from, const char *to, int depth,
                             rs_error *error) {
    if (depth > MAX_DEPTH)
        return blame(s, from, rs_fail(error, RS_ERR_IO, 0, "folders are nested too deeply"));
    DIR *folder = opendir(from);
    if (!folder) return fail_errno(s, from, "cannot be read", error);
    rs_status status = make_folder(s, to, error);
    struct dirent *entry;
    while (!status && (entry = readdir(folder)))
        if (*entry->d_name != '.')
            status = copy_entry(s, from, to, entry->d_name, depth, error);
    closedir(folder);
    return status;
}

/* Checks that the WebAssembly modules exist: a site without them would load and then fail in
 * the visitor's browser. */
static rs_status check_web(site *s, rs_error *error) {
    static const char *const needed[] = {"index.html",
                                         "sw.js",
                                         "wasm/refscout-simd.js",
                                         "wasm/refscout-simd.wasm",
                                         "wasm/refscout-relaxed.js",
                                         "wasm/refscout-relaxed.wasm",
                                         "wasm/refscout-simd-threads.js",
                                         "wasm/refscout-simd-threads.wasm",
                                         "wasm/refscout-relaxed-threads.js",
                                         "wasm/refscout-relaxed-threads.wasm"};
    char path[SITE_PATH_BYTES];
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        struct stat st;
        if (join(path, s->web, needed[i], error)) return error->status;
        if (stat(path, &st) || !S_ISREG(st.st_mode))
            return blame(
                s, path,
                rs_fail(error, RS_ERR_IO, 0, "is missing; %s",
                        i == 0
                            ? "name the page's folder with --web"
                            : "build the WebAssembly modules first, as tools/serve.sh does"));
    }
    return RS_OK;
}

/* ---- The folder ------------------------------------------------------------------------- */

static bool is_empty(const char *dir) {
    DIR *folder = opendir(dir);
    if (!folder) return true; /* missing; other errors are reported when it is created */
    bool empty = true;
    struct dirent *entry;
    while (empty && (entry = readdir(folder)))
        empty = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..");
    closedir(folder);
    return empty;
}

/* Whether dir is inside `folder`: inside the web folder the site would be copied into itself. */
static bool is_inside(const char *dir, const char *folder) {
    char inner[PATH_MAX], outer[PATH_MAX];
    if (!realpath(dir, inner) || !realpath(folder, outer)) return false;
    size_t bytes = strlen(outer);
    return !strncmp(inner, outer, bytes) && (inner[bytes] == '/' || inner[bytes] == '\0');
}

static rs_status claim(site *s, rs_error *error) {
    char marker[SITE_PATH_BYTES];
    struct stat st;
    if (join(marker, s->dir, marker_name, error)) return error->status;
    if (stat(marker, &st) && !is_empty(s->dir))
        return rs_fail(error, RS_ERR_IO, 0,
                       "contains something other than a refscout site; choose a new folder");
    bool made = !mkdir(s->dir, 0777);
    if (is_inside(s->dir, s->web)) {
        if (made) rmdir(s->dir);
        return rs_fail(error, RS_ERR_IO, 0,
                       "is inside the folder that is copied, %s; choose another", s->web);
    }
    if (make_folder(s, s->dir, error)) return error->status;
    return put(s, marker, marker_text, sizeof marker_text - 1, error);
}

/* ---- Pieces and manifest ---------------------------------------------------------------- */

/* Extension of a piece; its name is the SHA-256 with this extension. */
static const char piece_ending[] = ".bin";

/* A file that is divided into pieces. */
typedef struct pieces {
    const uint8_t *bytes;
    size_t size, count;
    hex_digest file_digest, *digests;
} pieces;

static size_t piece_size(const pieces *p, size_t i) {
    size_t rest = p->size - i * PIECE_BYTES;
    return rest < PIECE_BYTES ? rest : PIECE_BYTES;
}

static rs_status put_pieces(site *s, const char *folder, pieces *p, rs_error *error) {
    char path[SITE_PATH_BYTES], name[SHA256_HEX_BYTES + sizeof piece_ending];
    p->digests = calloc(p->count, sizeof *p->digests);
    if (!p->digests) return rs_fail(error, RS_ERR_MEMORY, 0, "out of memory");
    for (size_t i = 0; i < p->count; i++) {
        const uint8_t *bytes = p->bytes + i * PIECE_BYTES;
        sha256_hex_of(bytes, piece_size(p, i), p->digests[i]);
        snprintf(name, sizeof name, "%s%s", p->digests[i], piece_ending);
        if (join(path, folder, name, error) || put(s, path, bytes, piece_size(p, i), error))
            return error->status;
        cli_progress_show(&s->progress, ++s->pieces_done);
    }
    return RS_OK;
}

/* Text that grows; bytes is NULL after an allocation failed. */
typedef struct text {
    char *bytes;
    size_t size;
} text;

static void text_add_bytes(text *t, const char *bytes, size_t size) {
    char *grown = t->bytes || !t->size ? realloc(t->bytes, t->size + size + 1) : NULL;
    if (!grown)
        free(t->bytes);
    else
        memcpy(grown + t->size, bytes, size);
    t->bytes = grown;
    t->size += size;
}

static void text_add_string(text *t, const char *string) {
    text_add_bytes(t, string, strlen(string));
}

static void RS_PRINTF(2, 3) text_add(text *t, const char *format, ...) {
    char part[256];
    va_list args;
    va_start(args, format);
    int bytes = vsnprintf(part, sizeof part, format, args);
    va_end(args);
    text_add_bytes(t, part, (size_t)bytes);
}

static void text_add_pieces(text *t, const char *name, const pieces *p) {
    text_add(t, ",\n \"%s\": {\"bytes\": %zu, \"sha256\": \"%s\", \"pieces\": [", name, p->size,
             p->file_digest);
    for (size_t i = 0; i < p->count; i++)
        text_add(t, "%s\n  {\"path\": \"pieces/%s%s\", \"bytes\": %zu, \"sha256\": \"%s\"}",
                 i ? "," : "", p->digests[i], piece_ending, piece_size(p, i), p->digests[i]);
    text_add(t, "]}");
}

static rs_status put_manifest(site *s, const char *data, const pieces *model,
                              const pieces *index, rs_error *error) {
    char path[SITE_PATH_BYTES];
    if (join(path, data, "manifest.json", error)) return error->status;
    text t = {0};
    text_add(&t, "{\"format_version\": 1");
    text_add_pieces(&t, "model", model);
    text_add_pieces(&t, "index", index);
    text_add(&t, "}\n");
    rs_status status = t.bytes ? put(s, path, t.bytes, t.size, error)
                               : rs_fail(error, RS_ERR_MEMORY, 0, "out of memory");
    free(t.bytes);
    return status;
}

/* ---- The service worker ------------------------------------------------------------------- */

static int compare_paths(const void *a, const void *b) {
    return strcmp(((const shell_file *)a)->path, ((const shell_file *)b)->path);
}

/* Appends the list of the page's files as JSON. Sorted, since the order of a folder's files is
 * undefined and the version is the list's SHA-256. */
static void text_add_shell(text *t, site *s) {
    if (s->shell_count) qsort(s->shell, s->shell_count, sizeof *s->shell, compare_paths);
    for (size_t i = 0; i < s->shell_count; i++) {
        text_add_string(t, i ? ",\n  [\"" : "\n  [\"");
        text_add_string(t, s->shell[i].path);
        text_add(t, "\", \"%s\"]", s->shell[i].digest);
    }
}

static const char list_begin[] = "self.SHELL = {version: \"", list_end[] = "]};\n\n";

/* The parts of a service worker of a site: the list as JSON, and the code. The source in the
 * web folder has no list. */
typedef struct worker_parts {
    text list, code;
} worker_parts;

static worker_parts worker_split(const cli_file *file) {
    static const char before[] = "files: [";
    char *bytes = (char *)file->bytes, *list = NULL;
    size_t begin = sizeof list_begin - 1, end = sizeof list_end - 1, word = sizeof before - 1;
    if (file->size > begin && !memcmp(bytes, list_begin, begin))
        for (size_t i = begin; i + end <= file->size; i++) {
            if (!list && word <= file->size - i && !memcmp(bytes + i, before, word))
                list = bytes + i + word - 1;
            if (list && !memcmp(bytes + i, list_end, end))
                return (worker_parts){{list, (size_t)(bytes + i + 1 - list)},
                                      {bytes + i + end, file->size - i - end}};
        }
    return (worker_parts){{NULL, 0}, {bytes, file->size}};
}

/* Writes the service worker with its list. A browser detects a new version by comparing this
 * one file, so the list is inside it. It is written last, so that all files in the list exist. */
static rs_status put_worker(site *s, rs_error *error) {
    char source[SITE_PATH_BYTES], target[SITE_PATH_BYTES];
    cli_file file;
    if (join(source, s->web, worker_name, error) || join(target, s->dir, worker_name, error))
        return error->status;
    if (cli_read(source, &file, error)) return blame(s, source, error->status);
    text files = {0}, all = {0};
    text_add_shell(&files, s);
    /* If the web folder is itself a site, its list precedes the code and would override the new
     * one. */
    const text code = worker_split(&file).code;
    text_add_bytes(&files, code.bytes, code.size); /* the version also depends on the code */
    if (files.bytes) {
        hex_digest version;
        sha256_hex_of(files.bytes, files.size, version);
        text_add(&all, "%s%.16s\", files: [", list_begin, version);
        text_add_bytes(&all, files.bytes, files.size - code.size);
        text_add_string(&all, list_end);
        text_add_bytes(&all, code.bytes, code.size);
    }
    rs_status status = all.bytes ? put(s, target, all.bytes, all.size, error)
                                 : rs_fail(error, RS_ERR_MEMORY, 0, "out of memory");
    free(files.bytes);
    free(all.bytes);
    cli_close(&file);
    return status;
}

/* ---- Files of an older version ------------------------------------------------------------ */

static bool is_listed(const site *s, const char *name) {
    for (size_t i = 0; i < s->shell_count; i++)
        if (!strcmp(s->shell[i].path, name)) return true;
    return false;
}

/* Whether a path stays inside the folder it is joined to. */
static bool is_inner_path(const char *path) {
    for (const char *part = path;; part++) {
        size_t bytes = strcspn(part, "/");
        if (!bytes || (bytes <= 2 && strspn(part, ".") >= bytes)) return false;
        part += bytes;
        if (!*part) return true;
    }
}

/* Whether the file at path is exactly the one listed: a file that somebody has changed or
 * replaced since is not removed. */
static bool is_as_listed(const char *path, const char *digest) {
    struct stat st;
    cli_file file;
    hex_digest is;
    if (lstat(path, &st) || !S_ISREG(st.st_mode) || cli_read(path, &file, NULL)) return false;
    sha256_hex_of(file.bytes, file.size, is);
    cli_close(&file);
    return !strcmp(is, digest);
}

/* Removes a file of the site, and the folders that become empty. */
static void remove_file(site *s, char *path) {
    if (unlink(path)) return;
    s->removed++;
    size_t root = strlen(s->dir);
    for (char *slash; (slash = strrchr(path, '/')) && slash > path + root;) {
        *slash = '\0';
        if (rmdir(path)) return; /* the folder is not empty */
    }
}

/* Removes the page's files that the previous version had and this one no longer has. They are
 * listed in the service worker, which is still the previous one, so an interrupted run can be
 * repeated. */
static void remove_old_shell(site *s) {
    char path[SITE_PATH_BYTES];
    cli_file file;
    if (join(path, s->dir, worker_name, NULL) || cli_read(path, &file, NULL)) return;
    const text list = worker_split(&file).list;
    cJSON *files = list.bytes ? cJSON_ParseWithLength(list.bytes, list.size) : NULL;
    const cJSON *entry;
    cJSON_ArrayForEach(entry, files) {
        const char *name = cJSON_GetStringValue(cJSON_GetArrayItem(entry, 0));
        const char *digest = cJSON_GetStringValue(cJSON_GetArrayItem(entry, 1));
        if (name && digest && is_inner_path(name) && !is_listed(s, name) &&
            !join(path, s->dir, name, NULL) && is_as_listed(path, digest))
            remove_file(s, path);
    }
    cJSON_Delete(files);
    cli_close(&file);
}

static bool names(const pieces *p, const char *digest) {
    for (size_t i = 0; i < p->count; i++)
        if (!strncmp(p->digests[i], digest, RS_SHA256_HEX)) return true;
    return false;
}

/* Whether a file is a piece that the manifest no longer lists: 64 hexadecimal digits and the
 * extension, which older sites do not have, or an incompletely written piece, with ".tmp-…"
 * after the name. */
static bool is_old_piece(const char *name, const pieces *model, const pieces *index) {
    if (strspn(name, "0123456789abcdef") != RS_SHA256_HEX) return false;
    const char *rest = name + RS_SHA256_HEX;
    if (!strcmp(rest, piece_ending)) return !names(model, name) && !names(index, name);
    if (!strncmp(rest, piece_ending, sizeof piece_ending - 1)) rest += sizeof piece_ending - 1;
    return !*rest || !strncmp(rest, ".tmp-", 5);
}

static void remove_old_pieces(site *s, const char *folder_path, const pieces *model,
                              const pieces *index) {
    DIR *folder = opendir(folder_path);
    if (!folder) return;
    struct dirent *entry;
    while ((entry = readdir(folder))) {
        char path[SITE_PATH_BYTES];
        if (is_old_piece(entry->d_name, model, index) &&
            !join(path, folder_path, entry->d_name, NULL))
            remove_file(s, path);
    }
    closedir(folder);
}

/* ---- All of it -------------------------------------------------------------------------- */

static void pieces_init(pieces *p, const cli_file *file) {
    *p = (pieces){
        .bytes = file->bytes, .size = file->size, .count = (file->size - 1) / PIECE_BYTES + 1};
}

static rs_status put_all(site *s, pieces *model, pieces *index, rs_error *error) {
    char data[SITE_PATH_BYTES], folder[SITE_PATH_BYTES];
    if (check_web(s, error) || claim(s, error) || copy_folder(s, s->web, s->dir, 0, error) ||
        join(data, s->dir, "data", error) || make_folder(s, data, error) ||
        join(folder, data, "pieces", error) || make_folder(s, folder, error) ||
        put_pieces(s, folder, model, error) || put_pieces(s, folder, index, error) ||
        put_manifest(s, data, model, index, error))
        return error->status;
    remove_old_shell(s);
    if (put_worker(s, error)) return error->status;
    remove_old_pieces(s, folder, model, index);
    return RS_OK;
}

static void free_shell(site *s) {
    for (size_t i = 0; i < s->shell_count; i++) free(s->shell[i].path);
    free(s->shell);
    s->shell = NULL;
    s->shell_count = 0;
}

rs_status site_write(site *s, rs_error *error) {
    pieces model, index;
    pieces_init(&model, &s->model);
    pieces_init(&index, &s->index);
    memcpy(model.file_digest, s->model_sha256, sizeof model.file_digest);
    sha256_hex_of(index.bytes, index.size, index.file_digest);
    blame(s, s->dir, RS_OK);
    cli_progress_start(&s->progress, "pieces", model.count + index.count, 0,
                       s->forced_progress);
    rs_status status = put_all(s, &model, &index, error);
    cli_progress_end(&s->progress);
    free(model.digests);
    free(index.digests);
    free_shell(s);
    return status;
}
