#!/usr/bin/env bash
# What `refscout help man|bash|zsh|fish` prints is what a pager and three shells take, and names every option.
#
#   test_describe.sh REFSCOUT      in tests/
set -euo pipefail

refscout=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "test_describe: $*" >&2
    exit 1
}

for program in groff bash zsh fish; do
    command -v "$program" >/dev/null || fail "$program is missing; tools/setup.sh test installs it"
done
for form in man bash zsh fish; do "$refscout" help "$form" >"$work/$form"; done
[[ $("$refscout" help nonsense 2>&1) == *"help takes one of man, bash, zsh, fish"* ]] || fail "another form was taken"

# usage: is "what was asked" GOT WANTED
is() { [[ $2 == "$3" ]] || fail "$1: \"$2\", not \"$3\""; }

# A page without a warning, in which every subcommand and option stands with what --help says of it.
groff -man -ww -K utf8 -T utf8 -P -cbou -rLL=200n "$work/man" >"$work/page" 2>"$work/warnings"
[[ ! -s $work/warnings ]] || fail "groff says: $(<"$work/warnings")"
for file in ../src/command/cmd_*.c; do
    name=${file##*/cmd_}
    name=${name%.c}
    grep -q "REFSCOUT ${name^^}" "$work/page" || fail "the manual has no $name"
    sed -n "/^REFSCOUT ${name^^}/,/^[A-Z]/p" "$work/page" >"$work/section"
    grep -E "^ *($name\\\\ \*|'$name [^']*')\)" "$work/bash" >"$work/words" || fail "bash does not know $name"
    options=$(grep -o '{\.name = "[^"]*"' "$file" | cut -d '"' -f 2)
    [[ -n $options ]] || fail "$file has no options"
    for option in $options; do
        grep -qE -- "(^|[ [])${option}([], ]|\$)" "$work/section" || fail "the manual has no $option of $name"
        grep -q -- " ${option}[ \"]" "$work/words" ||
            fail "bash does not complete $option of $name"
        grep -q -- "'${option}\[" "$work/zsh" || fail "zsh does not complete $option of $name"
        long="-l ${option#--}"
        [[ $option == --* ]] || long="-s ${option#-}"
        grep -q -- "from $name' $long " "$work/fish" ||
            fail "fish does not complete $option of $name"
    done
done
grep -q "the vector at \[CLS\], or the mean of all (default: as the folder says" "$work/page" ||
    fail "what --help says of an option is not in the manual"

# usage: complete_bash WORD… ; the last one is being typed
complete_bash() {
    bash --norc -c 'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }
        _refscout; echo "${COMPREPLY[*]}"' "$work/bash" "$@"
}
is "bash, a subcommand" "$(complete_bash refscout to)" tokenize
is "bash, an option" "$(complete_bash refscout search --by people --au)" --authors
is "bash, its values" "$(complete_bash refscout search --by '')" "papers people"
is "bash, a file" "$(complete_bash refscout search --model '')" ""
is "bash, a form" "$(complete_bash refscout help f)" fish

# usage: specs SUBCOMMAND: what zsh's own _arguments would be given
# shellcheck disable=SC2016  # it is zsh that expands these
specs() {
    zsh -f -c '_arguments() { print -rl -- "$@"; state=argument; return 1 }; words=($2); source $1' zsh "$work/zsh" "$1"
}
is "zsh, an option with values" "$(specs search | grep '^--by')" "--by[what to list (both)]:one of:(papers people)"
is "zsh, a file" "$(specs embed | grep '^--npy')" "--npy[also write the vectors as NumPy array (papers, hidden size)]:file:_files"
is "zsh, a quote" "$(specs convert | grep '^--name')" "--name[name of the model (default\\: the folder's name)]:text: "

# usage: complete_fish LINE
# shellcheck disable=SC2016  # it is fish that expands these
complete_fish() { HOME=$work fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$work/fish" "$1" | cut -f 1 | sort | tr '\n' ' '; }
is "fish, values" "$(complete_fish 'refscout search --by ')" "papers people "
is "fish, an option" "$(complete_fish 'refscout search --auth')" "--authors "
is "fish, a subcommand" "$(complete_fish 'refscout tok')" "tokenize "
