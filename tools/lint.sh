#!/usr/bin/env bash
# Static checks of all sources; changes nothing without --fix.
#
#   tools/lint.sh [--fix]
#
#   --fix   formats the sources first
#
# Checked are the order of the rooms and the picture of it; C by clang-format, Python by ruff, the web by
# Biome and tsc, shell scripts by shellcheck. clang-tidy checks C during the build of `tools/test.sh asan`.
# Missing requirements are installed first.
set -euo pipefail

# shellcheck source=tools/shell.sh
. "$(dirname "${BASH_SOURCE[0]}")/shell.sh"

log=$root/build/lint.log
web_tests=$root/tests/web
ruff_version=0.17.6
ruff=$root/build/toolchain/ruff-$ruff_version/bin/ruff
shell_scripts=(tools/*.sh tests/test_describe.sh tests/install/*.sh .ci/run findings/*.sh)
scripts=(web tools/*.mjs tools/bench/*.mjs tools/bench/pages/*.js tests/{web,web/engines,engines,npm,servers}/*.mjs)

install_ruff() {
    local venv=${ruff%/bin/ruff}
    rm -rf "$venv.part" "$venv"
    python3 -m venv "$venv.part"
    "$venv.part/bin/pip" install -q --disable-pip-version-check "ruff==$ruff_version"
    mv "$venv.part" "$venv"
}

# Our C files, except generated ones and replacements of XNNPACK's headers.
c_files() { git ls-files '*.c' '*.h' | grep -v -e unicode_tables -e '^cmake/'; }

main() {
    local biome
    "$root/tools/setup.sh" lint
    install_npm "the web tests' packages" "$web_tests"
    [[ -x $ruff ]] || step "installing ruff" install_ruff
    biome=$(compgen -G "$web_tests/node_modules/@biomejs/cli-*/biome") || fail "there is no Biome for this platform."
    cd "$root"
    if ((fix)); then
        c_files | xargs clang-format-19 -i
        git ls-files '*.py' | xargs "$ruff" format -q
        (cd web && "$biome" check --write --log-level=warn . "${scripts[@]/#/../}")
        python3 tools/gen/architecture.py
    fi
    python3 tools/check_layers.py
    python3 tools/gen/architecture.py --check
    c_files | xargs clang-format-19 --dry-run --Werror
    git ls-files '*.py' | xargs "$ruff" check -q
    git ls-files '*.py' | xargs "$ruff" format -q --check
    "$web_tests/node_modules/.bin/tsc" -p web/jsconfig.page.json
    "$web_tests/node_modules/.bin/tsc" -p web/jsconfig.worker.json
    shellcheck -x "${shell_scripts[@]}"
    cd web
    "$biome" ci --log-level=warn "${scripts[@]/#/../}"
}

cd "$root"
fix=0
for arg in "$@"; do
    case $arg in
        --fix) fix=1 ;;
        -h | --help) help && exit 0 ;;
        *) wrong_usage "unexpected argument \"$arg\"" ;;
    esac
done
main
