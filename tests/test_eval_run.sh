#!/usr/bin/env bash
# tools/eval/run.sh from invented collections to its tables.
#
# usage: test_eval_run.sh REFSCOUT
set -euo pipefail

export REFSCOUT=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir data

failures=0
fail() {
    echo "test_eval_run.sh: $*" >&2
    failures=$((failures + 1))
}
says() { grep -qF -- "$2" "$1" || fail "$1 does not say \"$2\": $(cat "$1")"; }

"$REFSCOUT" convert "$here/golden/checkpoints/tiny-legacy" -o model >/dev/null 2>&1

# By the SHA-256 of "celloftherat" and so on, modulo 100: which titles of elife and arxiv_neuro are held out.
python3 - <<'PYTHON'
import hashlib, json, lzma

def write(name, records):
    with lzma.open(f"data/{name}.jsonl.xz", "wt", encoding="utf-8") as out:
        out.writelines(json.dumps(r) + "\n" for r in records)

def paper(title, *authors):
    abstract = f"The {title} of the rat and the cell, and of the cell again. " * 3
    return {"title": title, "abstract": abstract, "year": 2020, "authors": list(authors)}

def residue(title):
    return int.from_bytes(hashlib.sha256(title.encode()).digest()[:4], "big") % 100

names = [f"cell{c}{d}" for c in "abcdefgh" for d in "stuvwxyz"]
inside = [n for n in names if residue(n) < 40][:4]
between = next(n for n in names if 40 <= residue(n) < 60)
outside = next(n for n in names if residue(n) >= 60)
ann, ben, cy = {"name": "Ann Lee"}, {"name": "Ben  Müller"}, {"name": "Cy Fox", "orcid": "0000-0002-1825-0097"}
write("elife", [paper(inside[0], ann, cy), paper(between, cy), paper(outside, ann), {**paper(inside[1]), "abstract": "short"}])
write(
    "arxiv_neuro",
    [paper(inside[2].upper() + "!", {"name": "Ann Lee."}, ben), paper(inside[3], ben), paper(between + "-", ben), paper(inside[0])],
)
write("scifact_corpus", [{"doc_id": i, "title": f"Fact {i}", "abstract": f"cell rat {'of ' * i}"} for i in (3, 5, 8)])
claims = [
    {"id": 1, "claim": "rat of of of", "cited_doc_ids": [3, 3]},
    {"id": 2, "claim": "of a cell", "cited_doc_ids": [5, 99]},
    {"id": 4, "claim": "nothing", "cited_doc_ids": [99]},
]
json.dump(claims, open("data/scifact_claims_train.json", "w"))
PYTHON

"$here/../tools/eval/run.sh" model data out >table 2>log || fail "run.sh failed: $(cat log)"
says log "scifact-claims.json: 2 queries"
says log "scifact-claims-even.json: 1 queries"
says log "scifact-claims-odd.json: 1 queries"
says log "held-out-titles.json: 4 queries" # one is too short, one there twice, two are not held out
says log "held-out-authors.json: 3 queries" # Ann's two and Ben's two, one of which they share
says table "2 queries against 3 papers by 0 people"
says table "4 queries with relevant papers"
says table "3 queries with reviewers"
[ "$(grep -c '^hybrid-lexical' table)" = 7 ] || fail "$(cat table)"
grep -q '"Ann Lee' out/held-out-authors.json || fail "Ann is asked for nowhere"
grep -q 'Cy Fox' out/held-out-authors.json && fail "Cy's name does not say who Cy is"

# A second run embeds nothing, and another model everything.
"$here/../tools/eval/run.sh" model data out >again 2>log
grep -q embedded log && fail "a second run embeds again"
cmp -s table again || fail "a second run gives other figures"
"$REFSCOUT" convert "$here/golden/checkpoints/tiny-zip" -o model --weights f32 >/dev/null 2>&1
"$here/../tools/eval/run.sh" model data out >again 2>log
says log "embedded 4 papers"
code=0
"$here/../tools/eval/run.sh" model >out.txt 2>err || code=$?
[ "$code" = 2 ] || fail "without a folder: exit code $code"
says err "run.sh MODEL FOLDER"

[ "$failures" = 0 ]
