#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/commands.h"
#include "command/load.h"
#include "command/site.h"

static const char help[] =
    "usage: refscout site --model MODEL --index INDEX -o DIR [options]\n\n"
    "Writes the complete static web site, ready for any web server: page, library, "
    "WebAssembly\n"
    "modules, and the model and index in pieces of at most 2 MiB. DIR is created if "
    "it\n"
    "is missing. In an existing site only changed files are written, and files that the site "
    "no\nlonger has are removed.\n\n"
    "  -o DIR      where the site is written\n"
    "  --web DIR   the page's own files (those installed beside this command)\n"
    "  --progress  show progress even if stderr is not a terminal\n";

/* Finds the web folder: the one given, else the one installed beside the command, else that of
 * the source tree. */
static const char *find_web(const char *given, char buffer[SITE_PATH_BYTES]) {
    static const char beside[] = "/../share/refscout/web";
    struct stat st;
    if (given) return given;
    ssize_t bytes = readlink("/proc/self/exe", buffer, SITE_PATH_BYTES - sizeof beside);
    if (bytes > 0) {
        buffer[bytes] = '\0';
        strcpy(strrchr(buffer, '/'),
               beside); /* contains a slash: the link is an absolute path */
        if (!stat(buffer, &st)) return buffer;
    }
#ifdef REFSCOUT_WEB_DIR
    return REFSCOUT_WEB_DIR;
#else
    return NULL;
#endif
}

static int write_and_tell(site *s) {
    rs_error error;
    if (site_write(s, &error)) return cli_failed(s->blamed, &error);
    printf("%s: %zu files, %.1f MB; %zu written", s->dir, s->files, (double)s->bytes / 1e6,
           s->written);
    if (s->removed) printf(", %zu old files removed", s->removed);
    printf("\n");
    return CLI_OK;
}

int cmd_site(int argc, char **argv) {
    const char *model_path = NULL, *index_path = NULL, *web = NULL;
    site s = {0};
    size_t rest_count;
    const cli_option options[] = {{.name = "--model", .path = &model_path},
                                  {.name = "--index", .path = &index_path},
                                  {.name = "-o", .path = &s.dir},
                                  {.name = "--web", .path = &web},
                                  {.name = "--progress", .flag = &s.forced_progress},
                                  {0}};
    int code = cli_parse(argc, argv, options, help, &rest_count);
    if (code >= 0) return code;
    if (rest_count) return cli_usage("unexpected argument %s", argv[1]);
    if (!s.dir) return cli_usage("-o DIR is missing");
    char web_buffer[SITE_PATH_BYTES];
    s.web = find_web(web, web_buffer);
    if (!s.web)
        return cli_usage("the page's files are not beside this command: name them with --web");

    loaded_model model;
    rs_index *index;
    if ((code = load_model(model_path, &model))) return code;
    if (!(code = load_index(index_path, &model, &s.index, &index))) {
        s.model = model.file;
        s.model_sha256 = load_model_sha256(&model);
        code = write_and_tell(&s);
        rs_index_close(index);
        cli_close(&s.index);
    }
    unload_model(&model);
    return code;
}
