/* refscout inspect: shows the contents of a model, an index, or any other safetensors file. The
 * file is first described as JSON; the table is printed from that, so both have the same
 * content. */
#include <cJSON.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/printable.h"
#include "command/commands.h"
#include "command/load.h"
#include "tensors/tensors.h"

static const char help[] =
    "usage: refscout inspect FILE [--json]\n\n"
    "Shows the contents of a model or index file (or any other safetensors file): its kind, its\n"
    "configuration, every tensor with type, shape and bytes, and the SHA-256 of the file; of\n"
    "a model also the kernel that runs it here and whether its self-test passes.\n"
    "Exit code 1 when the file is none of these, or a model or index that cannot be used.\n";

/* ---- Description ------------------------------------------------------------------------- */

static void add_text(cJSON *object, const char *key, const char *text) {
    if (text)
        cJSON_AddStringToObject(object, key, text);
    else
        cJSON_AddNullToObject(object, key);
}

static cJSON *describe_tensors(const tensors *t) {
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; i < t->count; i++) {
        const tensor *x = &t->items[i];
        cJSON *item = cJSON_CreateObject();
        cJSON_AddItemToArray(list, item);
        add_text(item, "name", x->name);
        add_text(item, "dtype", x->dtype);
        cJSON *shape = cJSON_AddArrayToObject(item, "shape");
        for (int d = 0; d < x->rank; d++)
            cJSON_AddItemToArray(shape, cJSON_CreateNumber((double)x->shape[d]));
        cJSON_AddNumberToObject(item, "bytes", (double)x->size);
    }
    return list;
}

static void describe_config(cJSON *root, const tensors *t) {
    const char *text = tensors_metadata_get(t, "config");
    cJSON *config = NULL;
    if (text && json_parse((const uint8_t *)text, strlen(text), &config, NULL) == RS_OK)
        cJSON_AddItemToObject(root, "config", config);
    else
        cJSON_AddNullToObject(root, "config");
}

/* Adds the length of a list, from the shape of one of its tensors; null when that is missing. */
static void add_length(cJSON *root, const char *key, const tensors *t, const char *name,
                       int dimension, size_t ends) {
    const tensor *x = tensors_find(t, name);
    if (x && x->rank > dimension && x->shape[dimension] >= ends)
        cJSON_AddNumberToObject(root, key, (double)(x->shape[dimension] - ends));
    else
        cJSON_AddNullToObject(root, key);
}

static void describe_index(cJSON *root, const tensors *t) {
    const tensor *vectors = tensors_find(t, "vectors");
    add_length(root, "papers", t, "papers.offsets", 0, 1);
    add_length(root, "people", t, "people.offsets", 0, 1);
    add_length(root, "hidden_size", t, "vectors", 1, 0);
    add_text(root, "vectors", !vectors ? NULL : vectors->type == TENSOR_I8 ? "int8" : "f32");
    add_text(root, "text", tensors_metadata_get(t, "text"));
    add_text(root, "model_name", tensors_metadata_get(t, "model_name"));
    add_text(root, "model_sha256", tensors_metadata_get(t, "model_sha256"));
    add_text(root, "note", tensors_metadata_get(t, "note"));
}

static const char *kind_of(const tensors *t) {
    const char *kind = tensors_metadata_get(t, "refscout");
    if (kind && (!strcmp(kind, "model") || !strcmp(kind, "index"))) return kind;
    return "safetensors";
}

/* Adds the kernel that runs the model on this machine, and whether the self-test passes. */
static rs_status describe_kernel(cJSON *root, const cli_file *file, rs_error *error) {
    rs_model *model = NULL;
    rs_session *session = NULL;
    rs_status status = rs_model_open(file->bytes, file->size, NULL, &model, error);
    if (!status) status = rs_session_open(model, NULL, &session, error);
    if (!status) {
        add_text(root, "kernel", rs_session_kernel(session));
        if (*rs_refused_kernel()) add_text(root, "refused_kernel", rs_refused_kernel());
        add_text(root, "self_test",
                 rs_model_describe(model)->self_test ? "passed" : "none in the file");
    }
    rs_session_close(session);
    rs_model_close(model);
    return status;
}

/* Opens the file as the runtime does. Returns true, with *error set, if the runtime rejects
 * it. */
static bool find_problem(cJSON *root, const cli_file *file, const char *kind, rs_error *error) {
    rs_index *index = NULL;
    rs_status status = RS_OK;
    if (!strcmp(kind, "model")) status = describe_kernel(root, file, error);
    if (!strcmp(kind, "index"))
        status = rs_index_open(file->bytes, file->size, NULL, &index, error);
    rs_index_close(index);
    return status != RS_OK;
}

static void add_sha256(cJSON *root, const cli_file *file) {
    char hex[SHA256_HEX_BYTES];
    sha256_hex_of(file->bytes, file->size, hex);
    cJSON_AddStringToObject(root, "sha256", hex);
}

static cJSON *describe(const char *path, const cli_file *file, const tensors *t) {
    cJSON *root = cJSON_CreateObject();
    const char *kind = kind_of(t);
    add_text(root, "file", path);
    add_text(root, "kind", kind);
    add_text(root, "format_version", tensors_metadata_get(t, "format_version"));
    cJSON_AddNumberToObject(root, "bytes", (double)file->size);
    add_sha256(root, file);
    rs_error error;
    add_text(root, "problem", find_problem(root, file, kind, &error) ? error.message : NULL);
    if (!strcmp(kind, "model")) describe_config(root, t);
    if (!strcmp(kind, "index")) describe_index(root, t);
    cJSON *metadata = cJSON_AddObjectToObject(root, "metadata");
    for (size_t i = 0; i < t->metadata_count; i++)
        cJSON_AddStringToObject(metadata, t->metadata[i].key, t->metadata[i].value);
    size_t tensor_bytes = 0;
    for (size_t i = 0; i < t->count; i++) tensor_bytes += t->items[i].size;
    cJSON_AddNumberToObject(root, "tensor_bytes", (double)tensor_bytes);
    cJSON_AddItemToObject(root, "tensors", describe_tensors(t));
    return root;
}

/* ---- Table ------------------------------------------------------------------------------- */

/* Prints a value: strings unchanged (long ones truncated), everything else as JSON. */
static void print_value(const cJSON *item, int indent) {
    char shown[240], name[32];
    char *text = cJSON_IsString(item) ? NULL : cJSON_PrintUnformatted(item);
    const char *value = cJSON_IsString(item) ? item->valuestring : text ? text : "?";
    printable(shown, sizeof shown, value, strlen(value));
    printable(name, sizeof name, item->string, strlen(item->string));
    printf("%*s%-*s  %s%s\n", indent, "", 26 - indent, name, shown,
           strlen(value) >= sizeof shown ? "…" : "");
    cJSON_free(text);
}

static void print_members(const cJSON *object, int indent) {
    const cJSON *item;
    cJSON_ArrayForEach(item, object) {
        if (cJSON_IsNull(item) || !strcmp(item->string, "tensors")) continue;
        if (!cJSON_IsObject(item)) {
            print_value(item, indent);
            continue;
        }
        char name[32];
        printf("%*s%s\n", indent, "",
               printable(name, sizeof name, item->string, strlen(item->string)));
        print_members(item, indent + 2);
    }
}

static void print_tensors(const cJSON *list) {
    const cJSON *item;
    printf("%d tensors\n", cJSON_GetArraySize(list));
    cJSON_ArrayForEach(item, list) {
        char name[80], type[24];
        const char *full = json_string(item, "name"), *dtype = json_string(item, "dtype");
        char *shape = cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(item, "shape"));
        printable(name, sizeof name, full, strlen(full));
        printable(type, sizeof type, dtype, strlen(dtype));
        printf("  %-40s  %-4s  %-16s  %.0f\n", name, type, shape ? shape : "?",
               cJSON_GetObjectItemCaseSensitive(item, "bytes")->valuedouble);
        cJSON_free(shape);
    }
}

/* ---- Command ----------------------------------------------------------------------------- */

static int show(cJSON *root, bool as_json) {
    if (!as_json) { /* the configuration is printed once, in its own section */
        if (cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(root, "config")))
            cJSON_DeleteItemFromObjectCaseSensitive(
                cJSON_GetObjectItemCaseSensitive(root, "metadata"), "config");
        print_members(root, 0);
        print_tensors(cJSON_GetObjectItemCaseSensitive(root, "tensors"));
        return CLI_OK;
    }
    char *text = cJSON_Print(root);
    if (!text) return CLI_FAILED;
    puts(text);
    cJSON_free(text);
    return CLI_OK;
}

static int inspect(const char *path, bool as_json) {
    cli_file file;
    tensors t;
    arena a;
    rs_error error;
    arena_init(&a, NULL);
    if (cli_read(path, &file, &error)) return cli_failed(path, &error);
    if (tensors_open(&a, file.bytes, file.size, &t, &error)) {
        arena_free(&a);
        cli_close(&file);
        return cli_failed(path, &error);
    }
    cJSON *root = describe(path, &file, &t);
    int code = show(root, as_json);
    const char *problem = json_string(root, "problem");
    if (problem) {
        rs_fail(&error, RS_ERR_FORMAT, 0, "%s", problem);
        code = cli_failed(path, &error);
    }
    cJSON_Delete(root);
    arena_free(&a);
    cli_close(&file);
    return code;
}

int cmd_inspect(int argc, char **argv) {
    bool as_json = false;
    size_t rest_count;
    const cli_option options[] = {{.name = "--json", .flag = &as_json}, {0}};
    int code = cli_parse(argc, argv, options, help, &rest_count);
    if (code >= 0) return code;
    if (rest_count != 1) return cli_usage("one file is expected, not %zu", rest_count);
    return inspect(argv[1], as_json);
}
