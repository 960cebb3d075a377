#include "system/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/printable.h"

/* ---- Messages ---------------------------------------------------------------------------- */

static const char *subcommand = "";

void cli_set_subcommand(const char *name) { subcommand = name; }

static void print_prefix(void) {
    fprintf(stderr, "refscout%s%s: ", *subcommand ? " " : "", subcommand);
}

int cli_usage(const char *format, ...) {
    va_list args;
    print_prefix();
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "; see refscout %s%s--help\n", subcommand, *subcommand ? " " : "");
    return CLI_USAGE;
}

int cli_failed(const char *file, const rs_error *error) {
    print_prefix();
    if (file) fprintf(stderr, "%s: ", file);
    fprintf(stderr, "%s\n", error->message);
    return CLI_FAILED;
}

void cli_note(const char *format, ...) {
    va_list args;
    char text[4096];
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    printable_bytes(text, strlen(text)); /* contains names and notes from files */
    print_prefix();
    fprintf(stderr, "%s\n", text);
}

/* ---- Options ----------------------------------------------------------------------------- */

static const cli_option *find_option(const cli_option *options, const char *arg,
                                     const char **value) {
    *value = NULL;
    for (const cli_option *o = options; o->name; o++) {
        size_t n = strlen(o->name);
        if (strncmp(arg, o->name, n)) continue;
        if (!arg[n]) return o;
        if (arg[n] == '=' && arg[1] == '-') {
            *value = arg + n + 1;
            return o;
        }
    }
    return NULL;
}

static bool read_count(const char *text, size_t *out) {
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || value > SIZE_MAX) return false;
    *out = (size_t)value;
    return true;
}

/* Stores the value of an option; returns -1, or the exit code when it is invalid. */
static int take_value(const cli_option *o, const char *value) {
    if (o->text || o->path) {
        *(o->text ? o->text : o->path) = value;
        return -1;
    }
    if (o->count) {
        if (read_count(value, o->count)) return -1;
        return cli_usage("%s takes an integer, not \"%s\"", o->name, value);
    }
    for (int i = 0; o->choices[i]; i++)
        if (!strcmp(value, o->choices[i])) {
            *o->choice = i;
            return -1;
        }
    char list[200] = "";
    for (int i = 0; o->choices[i]; i++) {
        size_t at = strlen(list);
        snprintf(list + at, sizeof list - at, "%s%s", i ? ", " : "", o->choices[i]);
    }
    return cli_usage("%s takes one of %s, not \"%s\"", o->name, list, value);
}

static cli_describer *describer;

void cli_describe(cli_describer *callback) { describer = callback; }

int cli_parse(int argc, char **argv, const cli_option *options, const char *help,
              size_t *rest_count) {
    if (describer) {
        describer(subcommand, options, help);
        return CLI_OK;
    }
    bool only_arguments = false;
    *rest_count = 0;
    for (int i = 1; i < argc; i++) {
        char *arg = argv[i];
        const char *value;
        if (only_arguments || arg[0] != '-' || !arg[1]) {
            argv[++*rest_count] = arg;
            continue;
        }
        if (!strcmp(arg, "--")) {
            only_arguments = true;
            continue;
        }
        if (!strcmp(arg, "--help") || !strcmp(arg, "-h")) {
            fputs(help, stdout);
            return CLI_OK;
        }
        const cli_option *o = find_option(options, arg, &value);
        if (!o) return cli_usage("there is no option %s", arg);
        if (o->flag) {
            if (value) return cli_usage("%s takes no value", o->name);
            *o->flag = true;
            continue;
        }
        if (!value) {
            if (i + 1 == argc) return cli_usage("%s needs a value", o->name);
            value = argv[++i];
        }
        int code = take_value(o, value);
        if (code >= 0) return code;
    }
    return -1;
}

bool cli_share(const char *text, double *value) {
    char *end;
    const double number = strtod(text, &end);
    if (end == text || *end || !(number > 0 && number <= 1)) return false;
    *value = number;
    return true;
}

/* ---- Files ------------------------------------------------------------------------------- */

/* Reads pipes and stdin, which have no size, until the end. The buffer is page-aligned like a
 * mapping. */
static rs_status read_stream(int fd, cli_file *file, rs_error *error) {
    size_t capacity = 1 << 20, size = 0;
    uint8_t *bytes = aligned_alloc(4096, capacity);
    while (bytes) {
        ssize_t n = read(fd, bytes + size, capacity - size);
        if (n < 0 && errno == EINTR && !cli_interrupted()) continue;
        if (n < 0) {
            free(bytes);
            return rs_fail(error, RS_ERR_IO, 0, "cannot be read: %s", strerror(errno));
        }
        if (n == 0) {
            *file = (cli_file){bytes, size, false};
            return RS_OK;
        }
        size += (size_t)n;
        if (size < capacity) continue;
        uint8_t *larger = capacity > SIZE_MAX / 2 ? NULL : aligned_alloc(4096, capacity * 2);
        if (larger) memcpy(larger, bytes, size);
        free(bytes);
        bytes = larger;
        capacity *= 2;
    }
    return rs_fail(error, RS_ERR_MEMORY, 0, "out of memory after reading %zu bytes", size);
}

rs_status cli_read(const char *path, cli_file *file, rs_error *error) {
    *file = (cli_file){0};
    const bool standard = !strcmp(path, "-");
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    if (fd < 0 || fstat(fd, &info)) {
        int reason = errno;
        if (fd >= 0 && !standard) close(fd);
        return rs_fail(error, RS_ERR_IO, 0, "cannot be opened: %s", strerror(reason));
    }
    rs_status status = RS_OK;
    if (S_ISDIR(info.st_mode)) {
        status = rs_fail(error, RS_ERR_IO, 0, "is a folder, a file is expected");
    } else if (S_ISREG(info.st_mode) && info.st_size > 0 && !standard) {
        void *mapping = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (mapping == MAP_FAILED)
            status = read_stream(fd, file, error);
        else
            *file = (cli_file){mapping, (size_t)info.st_size, true};
    } else {
        status = read_stream(fd, file, error);
    }
    if (!standard) close(fd);
    return status;
}

void cli_close(cli_file *file) {
    void *bytes = (void *)(uintptr_t)file->bytes; /* const for the users of cli_read only */
    if (file->mapped)
        munmap(bytes, file->size);
    else
        free(bytes);
    *file = (cli_file){0};
}

bool cli_same_file(const char *a, const char *b) {
    struct stat one, other;
    return !stat(a, &one) && !stat(b, &other) && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
}

bool cli_line(char **line, size_t *capacity, size_t *bytes) {
    ssize_t n = getline(line, capacity, stdin);
    if (n < 0) return false;
    if (n && (*line)[n - 1] == '\n') n--;
    *bytes = (size_t)n;
    return true;
}

/* ---- Progress ---------------------------------------------------------------------------- */

double cli_now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void cli_progress_start(cli_progress *p, const char *unit, size_t total, size_t start,
                        bool forced) {
    *p = (cli_progress){.unit = unit, .total = total, .start = start, .last_done = start};
    p->terminal = isatty(STDERR_FILENO);
    p->shown = p->terminal || forced;
    p->started_s = cli_now_s();
    p->drawn_s = p->started_s;
}

static void time_left(char *out, size_t cap, double seconds) {
    if (!(seconds < 360000))
        snprintf(out, cap, "?");
    else if (seconds >= 3600)
        snprintf(out, cap, "%.0f h %02.0f min", floor(seconds / 3600),
                 floor(fmod(seconds, 3600) / 60));
    else if (seconds >= 60)
        snprintf(out, cap, "%.0f min %02.0f s", floor(seconds / 60), floor(fmod(seconds, 60)));
    else
        snprintf(out, cap, "%.0f s", ceil(seconds));
}

static void draw(const cli_progress *p, size_t done) {
    enum { WIDTH = 28 };
    char bar[WIDTH + 1], left[40];
    const double elapsed = cli_now_s() - p->started_s;
    const double rate = elapsed > 0 ? (double)(done - p->start) / elapsed : 0;
    const size_t filled = p->total ? done * WIDTH / p->total : WIDTH;
    memset(bar, '.', WIDTH);
    memset(bar, '#', filled);
    bar[WIDTH] = 0;
    time_left(left, sizeof left, rate > 0 ? (double)(p->total - done) / rate : INFINITY);
    fprintf(stderr, "%s[%s] %zu of %zu %s, %.1f/s, %s left%s", p->terminal ? "\r" : "", bar,
            done, p->total, p->unit, rate, left, p->terminal ? "\033[K" : "\n");
    fflush(stderr);
}

void cli_progress_show(cli_progress *p, size_t done) {
    p->last_done = done;
    if (!p->shown) return;
    const double now = cli_now_s(), pause = p->terminal ? 0.1 : 5.0; /* fewer lines in a log */
    if (now - p->drawn_s < pause && done < p->total) return;
    p->drawn_s = now;
    draw(p, done);
}

void cli_progress_end(cli_progress *p) {
    if (p->shown && p->terminal) {
        draw(p, p->last_done);
        fputc('\n', stderr);
    }
    p->shown = false;
}

/* ---- Interruption ------------------------------------------------------------------------ */

static volatile sig_atomic_t interrupted;

static void note_signal(int number) {
    (void)number;
    interrupted = 1;
}

bool cli_interrupted(void) {
    static bool installed;
    if (!installed) {
        struct sigaction action = {.sa_handler = note_signal};
        /* A second Ctrl-C terminates the program at once. */
        action.sa_flags = (int)SA_RESETHAND;
        sigaction(SIGINT, &action, NULL);
        sigaction(SIGTERM, &action, NULL);
        installed = true;
    }
    return interrupted;
}
