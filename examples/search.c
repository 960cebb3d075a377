/* Who could review the text on standard input?
 *
 *     cc search.c $(pkg-config --cflags --libs refscout) -o search
 *     ./search model.safetensors papers.safetensors < abstract.txt
 *
 * The files are those of `refscout convert` and `refscout embed`; the answer is JSON. C11, and C++17 as well. */
#include <refscout.h>
#include <stdio.h>
#include <stdlib.h>

/* A whole file, at an address that is a multiple of 64; NULL when it cannot be read. */
static void *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END)) return NULL;
    *size = (size_t)ftell(file);
    rewind(file);
    void *bytes = aligned_alloc(64, (*size + 64) / 64 * 64);
    if (bytes && fread(bytes, 1, *size, file) != *size) bytes = NULL;
    fclose(file);
    return bytes;
}

int main(int argc, char **argv) {
    char text[20000], sha256[RS_SHA256_HEX + 1], *json;
    size_t model_size, index_size, text_size = fread(text, 1, sizeof text, stdin);
    void *model_bytes = argc == 3 ? read_file(argv[1], &model_size) : NULL;
    void *index_bytes = argc == 3 ? read_file(argv[2], &index_size) : NULL;
    if (!model_bytes || !index_bytes)
        return fprintf(stderr, "usage: search MODEL INDEX < TEXT\n"), 2;

    rs_model *model;
    rs_index *index;
    rs_session *session;
    rs_error error;
    rs_sha256(model_bytes, model_size, sha256);
    if (rs_model_open(model_bytes, model_size, NULL, &model, &error) ||
        rs_session_open(model, NULL, &session, &error) ||
        rs_index_open(index_bytes, index_size, NULL, &index, &error) ||
        rs_index_check(index, model, sha256, &error) ||
        rs_search(session, index, text, text_size, 10, &json, &error))
        return fprintf(stderr, "search: %s\n", error.message), 1;
    puts(json);
    rs_string_free(json);
    rs_index_close(index);
    rs_session_close(session);
    rs_model_close(model);
    free(index_bytes);
    free(model_bytes);
    return 0;
}
