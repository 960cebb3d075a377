/* Descriptions of the subcommands from the texts of --help and the tables of options: a manual
 * page, and completions for shells. `refscout help FORM` prints them, and the build installs
 * its output. */
#ifndef DESCRIBE_H
#define DESCRIBE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct subcommand {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} subcommand;

/* The names of the forms: "man", "bash", "zsh" and "fish"; NULL-terminated. */
extern const char *const describe_forms[];

/* Prints the form on stdout. about: a description of the program, without a verb's subject and
 * full stop. Returns false if there is no such form. */
bool describe(const char *form, const char *about, const subcommand *subcommands, size_t count);

#endif
