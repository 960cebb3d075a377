/* Shared by all subcommands: options, messages, progress, files. System calls of the command are in
 * this room only. */
#ifndef CLI_H
#define CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Exit codes of every subcommand. */
enum { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

/* ---- Messages ---------------------------------------------------------------------------- */

/* Each prints one line "refscout SUBCOMMAND: …" on stderr; the first two return the exit code. */
int cli_usage(const char *format, ...) RS_PRINTF(1, 2);  /* CLI_USAGE */
int cli_failed(const char *file, const rs_error *error); /* CLI_FAILED: "FILE: sentence" */
void cli_note(const char *format, ...) RS_PRINTF(1, 2);  /* a message that is no error */

/* Sets the subcommand's name for messages; called once by main. */
void cli_set_subcommand(const char *name);

/* ---- Options ----------------------------------------------------------------------------- */

/* One option of a subcommand. Exactly one of the pointers is set, and determines the option's value:
 * flag none, text any, path the name of a file or folder, count an integer from 0, choice one of the
 * words in choices (its index is stored). */
typedef struct cli_option {
    const char *name; /* "--top", or "-o" */
    bool *flag;
    const char **text, **path;
    size_t *count;
    int *choice;
    const char *const *choices; /* ends with NULL */
} cli_option;

/* Parses the options in argv (from argv[1] on) and moves positional arguments to the front: they
 * are then argv[1] to argv[*rest_count]. Accepts "--name value" and "--name=value"; "--" ends the
 * options; "-" is a positional argument. The array `options` ends with a zeroed entry. --help
 * prints help on stdout. Returns -1 when the subcommand shall continue, otherwise its exit code. */
int cli_parse(int argc, char **argv, const cli_option *options, const char *help,
              size_t *rest_count);

/* Makes cli_parse call the describer with the subcommand's options and help, and return CLI_OK, instead
 * of parsing; for the generation of documentation. name: that given to cli_set_subcommand. */
typedef void cli_describer(const char *name, const cli_option *options, const char *help);
void cli_describe(cli_describer *callback);

/* Parses a number in (0, 1]; returns false and leaves *value unchanged when text is not one. */
bool cli_share(const char *text, double *value);

/* ---- Files ------------------------------------------------------------------------------- */

typedef struct cli_file {
    const uint8_t *bytes; /* page-aligned; NULL when empty */
    size_t size;
    bool mapped;
} cli_file;

/* Maps a file for reading, or reads it completely when it cannot be mapped (pipes; "-" is stdin).
 * Returns RS_ERR_IO, with the system's reason but without the file's name, or RS_ERR_MEMORY. */
RS_MUST_USE rs_status cli_read(const char *path, cli_file *file, rs_error *error);
void cli_close(cli_file *file);

/* Whether two paths refer to the same existing file. */
bool cli_same_file(const char *a, const char *b);

/* Reads one line of stdin, without its newline, into *line, which is grown by realloc and freed by the
 * caller. Returns false at the end of the input. */
bool cli_line(char **line, size_t *capacity, size_t *bytes);

/* ---- Progress ---------------------------------------------------------------------------- */

/* Progress on stderr: a bar when that is a terminal, lines of text when forced by --progress; otherwise
 * none. `unit` is a plural: "papers". */
typedef struct cli_progress {
    const char *unit;
    size_t total, start, last_done;
    double started_s, drawn_s;
    bool shown, terminal;
} cli_progress;

/* Starts progress. start: how many of total were done before this run; they are not included in the
 * throughput. */
void cli_progress_start(cli_progress *p, const char *unit, size_t total, size_t start,
                        bool forced);
void cli_progress_show(cli_progress *p, size_t done);
void cli_progress_end(cli_progress *p);

/* Seconds of a monotonic clock. */
double cli_now_s(void);

/* Whether SIGINT (Ctrl-C) or SIGTERM has arrived; the first call installs the handlers. */
bool cli_interrupted(void);

#endif
