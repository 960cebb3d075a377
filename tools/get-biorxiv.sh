#!/usr/bin/env bash
# Downloads titles, abstracts and authors from bioRxiv's or medRxiv's public API into a corpus.
#
#   tools/get-biorxiv.sh --from DATE [--to DATE] [--category NAME] [--server biorxiv|medrxiv]
#                        [-o FILE] [--rate N]
#
#   --from, --to    days, like 2024-01-31, both included; default for --to: today
#   --category C    for instance neuroscience or "cell biology"; default: all
#   --server S      default: biorxiv
#   -o FILE         default: papers.jsonl; compressed if it ends in .xz or .gz
#   --rate N        maximum requests per second; default: 1. One returns 30 to 100 records
#   --pause S       seconds before the first retry after a failure; default: 1
#   --api URL       default: https://api.biorxiv.org
#
# After an interruption the same command resumes. Versions of a paper are merged: the newest text with the
# year of the first version. Withdrawn papers are omitted. The API returns one institution, the
# corresponding author's; it is assigned to the author of that name, or to nobody if the name is ambiguous.
# All of these cases are counted at the end.
set -euo pipefail

# shellcheck source=tools/shell.sh
. "$(dirname "${BASH_SOURCE[0]}")/shell.sh"

for option in "$@"; do
    case $option in
        -h | --help) help && exit 0 ;;
    esac
done
have python3 || fail "python3 is missing; tools/setup.sh installs it."
exec python3 "$root/tools/fetch/biorxiv.py" "$@"
