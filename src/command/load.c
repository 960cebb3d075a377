#include "command/load.h"

int load_model(const char *path, loaded_model *out) {
    *out = (loaded_model){0};
    if (!path) return cli_usage("--model is missing");
    rs_error error;
    if (cli_read(path, &out->file, &error) ||
        (out->file.size == 0 &&
         rs_fail(&error, RS_ERR_FORMAT, 0, "is empty, a model file is expected")) ||
        rs_model_open(out->file.bytes, out->file.size, NULL, &out->model, &error)) {
        cli_close(&out->file);
        return cli_failed(path, &error);
    }
    return CLI_OK;
}

void warn_of_refused_kernel(const rs_session *session) {
    if (*rs_refused_kernel())
        cli_note("%s computes wrong numbers on this processor; %s is used instead",
                 rs_refused_kernel(), rs_session_kernel(session));
}

int open_session(const char *path, const loaded_model *m, size_t threads, bool untested,
                 rs_session **session) {
    rs_error error;
    const rs_session_options options = {.threads = threads, .untested = untested};
    if (rs_session_open(m->model, &options, session, &error)) return cli_failed(path, &error);
    warn_of_refused_kernel(*session);
    return CLI_OK;
}

const char *load_model_sha256(loaded_model *m) {
    if (!*m->sha256) sha256_hex_of(m->file.bytes, m->file.size, m->sha256);
    return m->sha256;
}

int load_index(const char *path, loaded_model *model, cli_file *file, rs_index **out) {
    *file = (cli_file){0};
    *out = NULL;
    if (!path) return cli_usage("--index is missing");
    rs_error error;
    if (cli_read(path, file, &error) ||
        (file->size == 0 &&
         rs_fail(&error, RS_ERR_FORMAT, 0, "is empty, an index file is expected")) ||
        rs_index_open(file->bytes, file->size, NULL, out, &error) ||
        rs_index_check(*out, model->model, load_model_sha256(model), &error)) {
        rs_index_close(*out);
        *out = NULL;
        cli_close(file);
        return cli_failed(path, &error);
    }
    return CLI_OK;
}

void unload_model(loaded_model *m) {
    rs_model_close(m->model);
    m->model = NULL;
    cli_close(&m->file);
}
