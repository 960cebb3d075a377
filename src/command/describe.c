#include "command/describe.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "refscout.h"
#include "system/cli.h"

/* ---- The text of --help ------------------------------------------------------------------ */

/* A line of --help. The line of an option begins with two spaces and a dash; two more spaces
 * separate its label from its description; lines with a larger indent continue the description.
 * All other lines are paragraphs, separated by empty lines. */
typedef struct line {
    const char *text;
    size_t bytes, indent; /* `text` and `bytes` are without the indent */
} line;

static bool next_line(const char **at, line *l) {
    if (!**at) return false;
    const size_t whole = strcspn(*at, "\n");
    l->indent = strspn(*at, " ");
    l->text = *at + l->indent;
    l->bytes = whole - l->indent;
    *at += whole + ((*at)[whole] == '\n');
    return true;
}

static bool begins_option(const line *l) { return l->indent == 2 && *l->text == '-'; }

static bool goes_on(const line *l) { return l->indent > 2 && l->bytes; }

/* The length of an option's label: up to the two spaces, or the end of the line if the
 * description begins on the next line. */
static size_t label_bytes(const line *l) {
    size_t i = 0;
    while (i < l->bytes && strncmp(l->text + i, "  ", 2)) i++;
    return i;
}

/* Whether a label such as "--from-year, --to-year N" names the option. */
static bool names_option(const line *l, const char *name) {
    const size_t end = label_bytes(l), bytes = strlen(name);
    for (size_t i = 0; i + bytes <= end; i++)
        if (!strncmp(l->text + i, name, bytes) && (!i || l->text[i - 1] == ' ') &&
            (i + bytes == end || strchr(", ", l->text[i + bytes])))
            return true;
    return false;
}

/* ---- Characters --------------------------------------------------------------------------- */

/* Prints bytes inside a shell's single quotes, with a backslash before the characters of
 * `special`, which the completion system interprets. */
static void print_quoted(const char *text, size_t bytes, const char *special) {
    for (size_t i = 0; i < bytes; i++) {
        if (strchr(special, text[i])) putchar('\\');
        if (text[i] == '\'')
            fputs("'\\''", stdout);
        else
            putchar(text[i]);
    }
}

/* Prints an option's description in --help on one line; nothing if it has none. */
static void print_said(const char *help, const char *name, const char *special) {
    line l;
    bool inside = false;
    while (next_line(&help, &l)) {
        if (inside && !goes_on(&l)) return;
        if (inside) {
            putchar(' ');
            print_quoted(l.text, l.bytes, special);
        } else if (begins_option(&l) && names_option(&l, name)) {
            size_t from = label_bytes(&l);
            from += strspn(l.text + from, " ");
            if (from < l.bytes) print_quoted(l.text + from, l.bytes - from, special);
            inside = true;
        }
    }
}

/* ---- Manual page ---------------------------------------------------------------------------- */

/* Escapes text for roff: hyphens are printed as minus signs, and no line begins like a
 * request. */
static void print_roff(const char *text, size_t bytes) {
    if (bytes && strchr(".'", *text)) fputs("\\&", stdout);
    for (size_t i = 0; i < bytes; i++) switch (text[i]) {
        case '\\': fputs("\\e", stdout); break;
        case '-': fputs("\\-", stdout); break;
        default: putchar(text[i]);
        }
}

static void print_roff_line(const char *text, size_t bytes) {
    print_roff(text, bytes);
    putchar('\n');
}

static void describe_man(const char *name, const cli_option *options, const char *help) {
    (void)options; /* unused: the values of options are part of the text */
    line l;
    const char usage[] = "usage: ";
    bool after_gap = false, in_list = false;
    fputs(".SH REFSCOUT ", stdout);
    for (const char *c = name; *c; c++) putchar(toupper((unsigned char)*c));
    putchar('\n');
    while (next_line(&help, &l)) {
        if (!strncmp(l.text, usage, sizeof usage - 1)) {
            fputs(".B ", stdout);
            print_roff_line(l.text + sizeof usage - 1, l.bytes - (sizeof usage - 1));
        } else if (!l.bytes) {
            after_gap = true;
        } else if (begins_option(&l)) {
            const size_t label = label_bytes(&l), from = label + strspn(l.text + label, " ");
            fputs(".TP\n.B ", stdout);
            print_roff_line(l.text, label);
            if (from < l.bytes) print_roff_line(l.text + from, l.bytes - from);
            in_list = true;
            after_gap = false;
        } else {
            if (after_gap || (in_list && !goes_on(&l))) puts(".PP");
            after_gap = false;
            in_list = in_list && goes_on(&l);
            print_roff_line(l.text, l.bytes);
        }
    }
}

static void begin_man(const char *about, const subcommand *subcommands, size_t count) {
    printf(".TH REFSCOUT 1 \"\" \"refscout %s\" \"User Commands\"\n", rs_version());
    printf(".SH NAME\nrefscout \\- %s\n", about);
    puts(".SH SYNOPSIS\n.B refscout\n.I SUBCOMMAND\n\\&...\n.SH SUBCOMMANDS");
    for (size_t i = 0; i < count; i++)
        printf(".TP\n.B %s\n%s\n", subcommands[i].name, subcommands[i].summary);
    puts(".TP\n.B help \\fRman\\fP|\\fRbash\\fP|\\fRzsh\\fP|\\fRfish\n"
         "this page, or completions for a shell, on standard output");
}

static void end_man(void) {
    puts(".SH EXIT STATUS\n0 done, 1 failed, 2 wrong usage. Messages are on standard error.");
}

/* ---- bash ----------------------------------------------------------------------------------- */

static void print_choices(const cli_option *o) {
    for (size_t i = 0; o->choices[i]; i++) printf("%s%s", i ? " " : "", o->choices[i]);
}

static void begin_bash(const char *about, const subcommand *subcommands, size_t count) {
    (void)about;
    puts("# Completions of refscout for bash; made by `refscout help bash`.\n"
         "_refscout() {\n"
         "    local current=${COMP_WORDS[COMP_CWORD]} words=\n"
         "    COMPREPLY=()\n"
         "    if ((COMP_CWORD == 1)); then");
    fputs("        words=\"help --help --version", stdout);
    for (size_t i = 0; i < count; i++) printf(" %s", subcommands[i].name);
    puts("\"\n    else\n        case \"${COMP_WORDS[1]} ${COMP_WORDS[COMP_CWORD - 1]}\" in");
}

/* The values of options come first. For a value without a list of words bash completes file
 * names, but not where the value is a number. */
static void describe_bash(const char *name, const cli_option *options, const char *help) {
    (void)help;
    for (const cli_option *o = options; o->name; o++) {
        if (o->flag) continue;
        printf("            '%s %s') ", name, o->name);
        if (o->choices) {
            fputs("words=\"", stdout);
            print_choices(o);
            fputs("\"", stdout);
        } else {
            fputs(o->path ? "return" : "compopt +o default; return", stdout);
        }
        puts(" ;;");
    }
    printf("            %s\\ *) [[ $current == -* ]] && words=\"--help", name);
    for (const cli_option *o = options; o->name; o++) printf(" %s", o->name);
    puts("\" ;;");
}

static void end_bash(void) {
    puts("            help\\ *) words=\"man bash zsh fish\" ;;\n"
         "        esac\n"
         "    fi\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
         "}\n"
         "complete -o default -F _refscout refscout");
}

/* ---- zsh ------------------------------------------------------------------------------------ */

static void begin_zsh(const char *about, const subcommand *subcommands, size_t count) {
    (void)about;
    puts("#compdef refscout\n"
         "# Completions of refscout for zsh; made by `refscout help zsh`.\n"
         "local context state state_descr line\n"
         "typeset -A opt_args\n"
         "local -a subcommands=(");
    for (size_t i = 0; i < count; i++)
        printf("    '%s:%s'\n", subcommands[i].name, subcommands[i].summary);
    puts(
        ")\n"
        "_arguments -C '(- *)--help[what there is]' '(- *)--version[the version]' '1:subcommand:->subcommand' "
        "'*::argument:->argument' && return\n"
        "if [[ $state == subcommand ]]; then\n"
        "    _describe subcommand subcommands\n"
        "    return\n"
        "fi\n"
        "case $words[1] in");
}

static void describe_zsh(const char *name, const cli_option *options, const char *help) {
    printf("    %s) _arguments '(- *)--help[what there is]'", name);
    for (const cli_option *o = options; o->name; o++) {
        printf(" \\\n        '%s[", o->name);
        print_said(help, o->name, "[]:\\");
        fputs("]", stdout);
        if (o->choices) {
            fputs(":one of:(", stdout);
            print_choices(o);
            fputs(")", stdout);
        } else if (!o->flag) {
            fputs(o->path ? ":file:_files" : o->count ? ":number: " : ":text: ", stdout);
        }
        fputs("'", stdout);
    }
    puts(" \\\n        '*:file:_files' ;;");
}

static void end_zsh(void) { puts("    help) _values form man bash zsh fish ;;\nesac"); }

/* ---- fish ----------------------------------------------------------------------------------- */

static void begin_fish(const char *about, const subcommand *subcommands, size_t count) {
    (void)about;
    puts(
        "# Completions of refscout for fish; made by `refscout help fish`.\n"
        "complete -c refscout -n __fish_use_subcommand -f -l version -d 'the version'\n"
        "complete -c refscout -f -l help -d 'what there is'\n"
        "complete -c refscout -n '__fish_seen_subcommand_from help' -f -a 'man bash zsh fish'");
    for (size_t i = 0; i < count; i++)
        printf("complete -c refscout -n __fish_use_subcommand -f -a %s -d '%s'\n",
               subcommands[i].name, subcommands[i].summary);
}

static void describe_fish(const char *name, const cli_option *options, const char *help) {
    for (const cli_option *o = options; o->name; o++) {
        const bool is_long = o->name[1] == '-';
        printf("complete -c refscout -n '__fish_seen_subcommand_from %s' %s %s", name,
               is_long ? "-l" : "-s", o->name + 1 + is_long);
        if (o->choices) {
            fputs(" -x -a '", stdout);
            print_choices(o);
            fputs("'", stdout);
        } else if (!o->flag) {
            fputs(o->path ? " -r -F" : " -x", stdout);
        }
        fputs(" -d '", stdout);
        print_said(help, o->name, "\\");
        puts("'");
    }
}

/* ---- All of it ------------------------------------------------------------------------------ */

typedef struct form {
    void (*begin)(const char *about, const subcommand *subcommands, size_t count);
    cli_describer *each;
    void (*end)(void);
} form;

const char *const describe_forms[] = {"man", "bash", "zsh", "fish", NULL};

static const form forms[] = {{begin_man, describe_man, end_man},
                             {begin_bash, describe_bash, end_bash},
                             {begin_zsh, describe_zsh, end_zsh},
                             {begin_fish, describe_fish, NULL}};

bool describe(const char *name, const char *about, const subcommand *subcommands,
              size_t count) {
    size_t i = 0;
    while (describe_forms[i] && strcmp(describe_forms[i], name)) i++;
    if (!describe_forms[i]) return false;
    forms[i].begin(about, subcommands, count);
    cli_describe(forms[i].each);
    for (size_t j = 0; j < count; j++) {
        char *argv[] = {NULL, NULL}; /* cli_parse reads no arguments */
        cli_set_subcommand(subcommands[j].name);
        subcommands[j].run(1, argv);
    }
    if (forms[i].end) forms[i].end();
    return true;
}
