/* The subcommands told in other forms than --help's, from the same texts and tables of options: as a manual page, and
 * as completions for shells. `refscout help FORM` prints them, and the build installs what it prints. */
#ifndef DESCRIBE_H
#define DESCRIBE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct subcommand {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} subcommand;

/* "man", "bash", "zsh" and "fish"; ends with NULL. */
extern const char *const describe_forms[];

/* Prints the form on stdout. about: what the program is, in half a sentence. False when there is no such form. */
bool describe(const char *form, const char *about, const subcommand *subcommands, size_t count);

#endif
