#!/usr/bin/env bash
# refscout embed from outside: interrupted at any moment it goes on to the same bytes, whatever the
# number of threads; a full disk or a bad corpus leaves what was there.
#
# usage: test_embed.sh REFSCOUT [PAPERS]   fewer papers for a slow build, so many that a run can be
#                                          caught in the middle
set -euo pipefail

refscout=$1
papers=${2:-6000}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

failures=0
fail() {
    echo "test_embed.sh: $*" >&2
    failures=$((failures + 1))
}
same() { cmp -s "$1" "$2" || fail "$3: $1 and $2 differ"; }
absent() { for file in "$@"; do [ ! -e "$file" ] || fail "$file is there"; done; }
says() { grep -qF -- "$2" "$1" || fail "$1 does not say \"$2\": $(cat "$1")"; }

# refuses WANTED ARGUMENTS…: exit code 1 and a sentence on stderr.
refuses() {
    local wanted=$1 code=0
    shift
    "$refscout" embed "$@" >out 2>err || code=$?
    [ "$code" = 1 ] || fail "embed $*: exit code $code"
    says err "$wanted"
}

"$refscout" convert "$here/golden/checkpoints/tiny-legacy" -o model >/dev/null 2>&1
"$refscout" convert "$here/golden/checkpoints/tiny-zip" -o other --weights f32 >/dev/null 2>&1

# Papers of words that go round, by seven people.
awk -v papers="$papers" 'BEGIN {
    for (i = 0; i < papers; i++) {
        printf "{\"title\":\"Paper %d\",\"abstract\":\"", i
        for (w = 0; w < 20 + i % 40; w++) printf "cell%d neuron of the rat %d ", (i * 7 + w * w) % 97, i
        printf "end\",\"year\":%d,\"authors\":[{\"name\":\"A. Name %d\"}]}\n", 1990 + i % 30, i % 7
    }
}' >corpus.jsonl
head -n 200 corpus.jsonl >small.jsonl
embed() { "$refscout" embed --model model "$@"; }

# ---- The number of threads, and the ways in ----------------------------------------------------
embed corpus.jsonl -o want --threads 1 >out
says out "$papers papers by 7 people"
embed corpus.jsonl -o three --threads 3 >/dev/null
same want three "threads"
embed small.jsonl -o small --npy small.npy >/dev/null
gzip -c small.jsonl >small.jsonl.gz
embed - -o piped <small.jsonl.gz >/dev/null
same small piped "gzip through standard input"
split -l 120 small.jsonl part.
embed part.* -o parts >/dev/null
same small parts "several files"
embed small.jsonl -o from-npy --from-npy small.npy >/dev/null
same small from-npy "--from-npy"
absent want.partial small.partial

# ---- Killed ------------------------------------------------------------------------------------
# Until the partial file has so many bytes, or the run is over.
run_until() {
    local bytes=$1 signal=$2
    "$refscout" embed --model model corpus.jsonl -o killed --threads 2 >out 2>err &
    local pid=$!
    while kill -0 $pid 2>/dev/null && [ "$(stat -c %s killed.partial 2>/dev/null || echo 0)" -lt "$bytes" ]; do
        sleep 0.01
    done
    kill -s "$signal" $pid 2>/dev/null || true
    code=0
    wait $pid 2>/dev/null || code=$?
}
record=$((16 + 32 * 4 + 4))
for part in 0 1 2 3; do
    run_until $((64 + part * papers / 5 * record)) KILL
    [ "$code" = 137 ] || fail "killed at part $part: exit code $code, it was over too early"
    absent killed
done
[ -s killed.partial ] || fail "nothing was kept of a killed run"
truncate -s -7 killed.partial # as a crash of the machine may leave it
embed corpus.jsonl -o killed >out 2>err
says out "from killed.partial"
says err "bytes at its end was removed"
same want killed "after kill -9"
absent killed.partial
rm killed

run_until $((64 + papers / 6 * record)) INT
[ "$code" = 1 ] || fail "interrupted: exit code $code"
says err "interrupted: "
says err "run the same command again to resume"
absent killed
cp killed.partial keep.partial
embed corpus.jsonl -o killed >out
says out "from killed.partial"
same want killed "after Ctrl-C"

# What was kept serves a corpus in another order, and no other model.
mv keep.partial turned.partial
tac corpus.jsonl >turned.jsonl
embed turned.jsonl -o turned >out
says out "from turned.partial"
tac corpus.jsonl | embed - -o turned-whole >/dev/null
same turned turned-whole "another order"
run_until $((64 + papers / 12 * record)) KILL
mv killed.partial others.partial
"$refscout" embed --model other small.jsonl -o others >out 2>err
says err "made by another model"

# ---- A full disk, played by a limit on file sizes ----------------------------------------------
cp want full
for limit in 1 $((papers * record / 8192)) $((papers * record / 2048)); do # in KiB
    code=0
    (ulimit -f $limit && embed turned.jsonl -o full --threads 2 >out 2>err) || code=$?
    [ "$code" = 1 ] || fail "full disk at $limit KiB: exit code $code"
    says err "writing failed"
    same want full "full disk at $limit KiB"
done
# The vectors to resume from fit, the index with f32 vectors and all the rest does not.
(ulimit -f $((papers * (record + 6) / 1024)) && embed turned.jsonl -o full --store f32 >out 2>err) &&
    fail "the index fits into the limit"
says err "full: writing failed"
says err "no vector is lost"
same want full "full disk while the index is written"
embed turned.jsonl -o full >out
says out "embedded nothing: all vectors existed"
same turned full "after a full disk"
# kill -9 leaves what it meets; everything else tidies up.
rm -f killed.tmp-*
[ -z "$(find . -name '*.tmp-*')" ] || fail "temporary files stay: $(find . -name '*.tmp-*')"

# ---- Refused, nothing written ------------------------------------------------------------------
sed '17s/}$//' small.jsonl >broken.jsonl
refuses 'broken.jsonl: line 17: not valid JSON at byte' --model model broken.jsonl -o new
head -c 20000 small.jsonl >cut.jsonl
refuses 'not valid JSON' --model model small.jsonl cut.jsonl -o new
head -c 1000 small.jsonl.gz >cut.jsonl.gz
refuses 'cut.jsonl.gz: the gzip data ends early' --model model cut.jsonl.gz -o new
echo '[{"title":"none"}]' >none.json
refuses 'none of 1 records has an abstract' --model model none.json -o new
refuses 'missing.json: cannot be opened' --model model missing.json -o new
refuses "has 200 rows; the corpus has $papers papers" --model model corpus.jsonl -o new --from-npy small.npy
refuses 'small.jsonl: is not a NumPy .npy file' --model model small.jsonl -o new --from-npy small.jsonl
refuses 'small.jsonl: would be replaced' --model model small.jsonl -o small.jsonl
refuses 'nowhere/new: cannot be written' --model model small.jsonl -o nowhere/new
refuses 'small.jsonl: ' --model small.jsonl small.jsonl -o new
absent new new.partial
refuses 'broken.jsonl: line 17' --model model broken.jsonl -o want
same want three "an index after a broken corpus"
code=0
embed -o new >out 2>err || code=$?
[ "$code" = 2 ] || fail "no corpus: exit code $code"

# ---- The sample --------------------------------------------------------------------------------
embed "$here/../web/sample/papers.json" -o sample --text title-abstract --store f32 >out
says out "10.5555/refscout.034 (2 records)"
says out "156 papers by 64 people"
embed "$here/../web/sample/papers.json" -o noted --note 'Invented, “all” of it' >out
says out "note: Invented, “all” of it"
"$refscout" inspect --json noted >out
says out '"note":	"Invented, “all” of it"'
"$refscout" search --model model --index noted --top 1 <<<"place cells" >out 2>err
says err "Invented, “all” of it"
# Titles and notes of another's index must not reach the terminal as more than text.
sed -E 's/"title":"[A-Za-z]{6}/"title":"\\u001b/g; s/Invented, /\\u001b[2, /' noted >escapes
"$refscout" search --model model --index escapes --top 20 <<<"place cells" >out 2>err
says err "?[2, “all” of it"
says out "?"
if grep -q $'\x1b' out err; then fail "search prints an escape"; fi
code=0
embed "$here/../web/sample/papers.json" -o noted --note $'\xff' >out 2>err || code=$?
[ "$code" = 2 ] || fail "a note that is not UTF-8: exit code $code"
says err "--note is not UTF-8"
# Rows of the records before merging, as a notebook has them.
embed "$here/../web/sample/papers.json" -o merged --npy merged.npy >/dev/null
python3 - 2>/dev/null <<'PYTHON' && {
import struct
head, rows = open("merged.npy", "rb").read(128), open("merged.npy", "rb").read()[128:]
row = len(rows) // 156
at = 33 * row  # the older version stood before the newer one, which is row 33 now
text = head[10:].replace(b"(156, ", b"(157, ")
open("records.npy", "wb").write(head[:10] + text + rows[:at] + bytes(row) + rows[at:])
PYTHON
    embed "$here/../web/sample/papers.json" -o records --from-npy records.npy >/dev/null
    same merged records "--from-npy with a row a record"
}

[ "$failures" = 0 ]
