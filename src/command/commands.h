/* The subcommands, each in cmd_<name>.c. They take main's arguments from the subcommand's name
 * on, argv[0], and return the exit code. */
#ifndef COMMANDS_H
#define COMMANDS_H

int cmd_convert(int argc, char **argv);
int cmd_embed(int argc, char **argv);
int cmd_encode(int argc, char **argv);
int cmd_eval(int argc, char **argv);
int cmd_inspect(int argc, char **argv);
int cmd_search(int argc, char **argv);
int cmd_site(int argc, char **argv);
int cmd_tokenize(int argc, char **argv);

#endif
