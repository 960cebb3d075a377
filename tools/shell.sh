# shellcheck shell=bash
# Functions shared by tools/*.sh: messages, and steps with progress output. Sourced, not run. The script that
# sources this file sets `log` to the file for the output of its steps.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
script=$(basename "$0" .sh)

say() { printf '%s: %s\n' "$script" "$*" >&2; }

fail() {
    say "$*"
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# Prints the comment at the head of the script as its --help.
help() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "$0"; }

wrong_usage() {
    say "$* (--help explains)"
    exit 2
}

# Runs a command with its output in the log; shows the end of the log when it fails.
# usage: step "what is being done" command...
# The status is taken explicitly: inside `if` or before `||` bash would ignore `set -e` in all of "$@".
step() {
    local what=$1 start=$SECONDS status
    shift
    say "$what ..."
    set +e
    (
        set -e
        "$@"
    ) >"${log:?}" 2>&1
    status=$?
    set -e
    if ((status)); then
        tail -n 25 "$log" >&2
        fail "$what failed; the whole output is in $log."
    fi
    say "$what: done after $((SECONDS - start)) s"
}

# Installs npm packages. npm ci deletes the folder first, so it is run only when the list has changed.
# usage: install_npm "what is installed" FOLDER [npm's options]
install_npm() {
    local what=$1 folder=$2 stamp=$2/node_modules/.installed
    shift 2
    cmp -s "$stamp" "$folder/package-lock.json" && return 0
    step "installing $what" npm --prefix "$folder" ci --no-audit --no-fund "$@"
    cp "$folder/package-lock.json" "$stamp"
}

# Prevents two runs at a time, which would write into the same folders. usage: lock NAME
lock() {
    mkdir -p "$root/build"
    if have flock; then
        exec 9>"$root/build/$1.lock"
        if ! flock -n 9; then
            say "waiting for another run of tools/$script.sh"
            flock 9
        fi
    fi
}

unlock() { exec 9>&-; }
