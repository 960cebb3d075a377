#!/usr/bin/env bash
# Fetches titles, abstracts and authors from bioRxiv's or medRxiv's public API into a corpus.
#
#   tools/get-biorxiv.sh --from DATE [--to DATE] [--category NAME] [--server biorxiv|medrxiv]
#                        [-o FILE] [--rate N]
#
#   --from, --to    days, like 2024-01-31, both included; default for --to: today
#   --category C    for instance neuroscience or "cell biology"; default: all
#   --server S      default: biorxiv
#   -o FILE         default: papers.jsonl; packed when it ends in .xz or .gz
#   --rate N        requests a second at most; default: 1. One brings 30 to 100 records
#   --pause S       seconds before the second try when something fails; default: 1
#   --api URL       default: https://api.biorxiv.org
#
# Stopped at any moment, the same command goes on where it was. Versions of a paper become one: the
# newest text with the first one's year. Withdrawn papers are left out. The API tells one institution,
# the corresponding author's; it is given to the author of that name, or to nobody where names leave a
# doubt. All of this is counted at the end.
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
