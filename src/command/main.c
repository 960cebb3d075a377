/* Entry point of the command: calls the subcommand. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "command/commands.h"
#include "command/describe.h"
#include "refscout.h"
#include "system/cli.h"

static const subcommand subcommands[] = {
    {"convert", cmd_convert, "convert a Hugging Face BERT checkpoint into a model file"},
    {"embed", cmd_embed, "embed a corpus of papers into an index file"},
    {"search", cmd_search, "rank papers and people by their similarity to a text"},
    {"eval", cmd_eval, "measure the rankings of an index against ground truth"},
    {"site", cmd_site, "write the static web site for a model and an index"},
    {"inspect", cmd_inspect, "show the contents of a model or index file"},
    {"tokenize", cmd_tokenize, "convert lines of text into token ids"},
    {"encode", cmd_encode, "convert lines of text into embeddings"},
};
enum { SUBCOMMANDS = sizeof subcommands / sizeof *subcommands };

static const char about[] = "recommends reviewers for a manuscript that stays on this machine";

static void print_help(FILE *to) {
    fprintf(to, "refscout %s: %s\n\nusage: refscout SUBCOMMAND …\n\n", rs_version(), about);
    for (int i = 0; i < SUBCOMMANDS; i++)
        fprintf(to, "  %-9s %s\n", subcommands[i].name, subcommands[i].summary);
    fprintf(
        to,
        "\nrefscout SUBCOMMAND --help describes it; refscout help man|bash|zsh|fish prints the manual\n"
        "page or completions. Exit code 0 done, 1 failed, 2 wrong usage.\n");
}

static int finish(int code) {
    /* A full disk or a closed pipe on stdout is a failure too. */
    if (fflush(stdout) || ferror(stdout)) {
        rs_error error;
        rs_fail(&error, RS_ERR_IO, 0, "writing failed");
        return code ? code : cli_failed("standard output", &error);
    }
    return code;
}

static int help(int argc, char **argv) {
    if (argc < 3)
        print_help(stdout);
    else if (!describe(argv[2], about, subcommands, SUBCOMMANDS))
        return cli_usage("help takes one of man, bash, zsh, fish, not \"%s\"", argv[2]);
    return finish(CLI_OK);
}

int main(int argc, char **argv) {
    /* LC_NUMERIC stays "C", since numbers in JSON have a decimal point in every language. */
    setlocale(LC_CTYPE, "");
    if (argc < 2) {
        print_help(stderr);
        return CLI_USAGE;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
        return help(argc, argv);
    if (!strcmp(argv[1], "--version")) {
        printf("refscout %s\n", rs_version());
        return CLI_OK;
    }
    for (int i = 0; i < SUBCOMMANDS; i++) {
        if (strcmp(argv[1], subcommands[i].name)) continue;
        cli_set_subcommand(subcommands[i].name);
        return finish(subcommands[i].run(argc - 1, argv + 1));
    }
    return cli_usage("there is no subcommand %s", argv[1]);
}
