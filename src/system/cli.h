/* What every subcommand shares: options, messages, progress, files. The operating system lives here
 * and in output.c; the rest of src/ asks these two. */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Exit codes of every subcommand. */
enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

/* ---- Messages ---------------------------------------------------------------------------- */

/* Both print one line "refscout SUBCOMMAND: …" on stderr and return the exit code. */
int cli_usage(const char *format, ...) RS_PRINTF(1, 2);  /* CLI_USAGE */
int cli_failed(const char *file, const rs_error *error); /* CLI_FAILED: "FILE: sentence" */
void cli_note(const char *format, ...) RS_PRINTF(1, 2);  /* a line on stderr */

/* Set once by main: the name that messages begin with. */
void cli_set_subcommand(const char *name);

/* ---- Options ----------------------------------------------------------------------------- */

/* One option of a subcommand. Exactly one of the pointers is set, and says what it takes:
 * flag nothing, text any value, path the name of a file or folder, count a whole number, choice one of
 * the words in choices (its position is stored). */
typedef struct cli_option {
    const char *name; /* "--top", or "-o" */
    bool *flag;
    const char **text, **path;
    size_t *count;
    int *choice;
    const char *const *choices; /* ends with NULL */
} cli_option;

/* Takes the options out of argv (from argv[1] on) and moves the other arguments to the front: they
 * are then argv[1] to argv[*rest_count]. "--name value" and "--name=value"; "--" ends the options;
 * "-" is an argument; options end with a zeroed entry. --help prints help on stdout.
 * Returns -1 to go on, otherwise the exit code to leave with. */
int cli_parse(int argc, char **argv, const cli_option *options, const char *help,
              size_t *rest_count);

/* From then on cli_parse takes no options, but tells of them and of help, and returns CLI_OK. name: as
 * cli_set_subcommand was told. */
typedef void cli_describer(const char *name, const cli_option *options, const char *help);
void cli_describe(cli_describer *tell);

/* Reads a number above 0, at most 1; false, and *value untouched, when text is none. */
bool cli_share(const char *text, double *value);

/* ---- Files ------------------------------------------------------------------------------- */

typedef struct cli_file {
    const uint8_t *bytes; /* page-aligned; NULL when empty */
    size_t size;
    bool mapped;
} cli_file;

/* Maps a file for reading; reads it whole when it cannot be mapped (pipes; "-" is stdin).
 * RS_ERR_IO with the system's reason, without the file's name. */
RS_MUST_USE rs_status cli_read(const char *path, cli_file *file, rs_error *error);
void cli_close(cli_file *file);

/* Whether two paths name one file that exists. */
bool cli_same_file(const char *a, const char *b);

/* One line of stdin without its newline, in *line (grown by realloc; the caller frees).
 * false at the end. */
bool cli_line(char **line, size_t *capacity, size_t *bytes);

/* ---- Progress ---------------------------------------------------------------------------- */

/* A bar on stderr when that is a terminal, or plain lines when forced by --progress; nothing
 * otherwise. `unit` is a plural: "papers". */
typedef struct cli_progress {
    const char *unit;
    size_t total, start, last_done;
    double started_s, drawn_s;
    bool shown, terminal;
} cli_progress;

/* start: of total, how many were done before this run; they do not count in the rate. */
void cli_progress_start(cli_progress *p, const char *unit, size_t total, size_t start,
                        bool forced);
void cli_progress_show(cli_progress *p, size_t done);
void cli_progress_end(cli_progress *p);

/* Seconds of a clock that only goes forward. */
double cli_now_s(void);

/* True once Ctrl-C or a polite kill arrived; the first call installs the handlers. */
bool cli_interrupted(void);

#endif
