#!/usr/bin/env bash
# refscout eval from outside: rankings that are known give the figures that are known, and data that is
# wrong is refused with a sentence that names the query.
#
# usage: test_eval_command.sh REFSCOUT
set -euo pipefail

refscout=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

failures=0
fail() {
    echo "test_eval_command.sh: $*" >&2
    failures=$((failures + 1))
}
says() { grep -qF -- "$2" "$1" || fail "$1 does not say \"$2\": $(cat "$1")"; }

"$refscout" convert "$here/golden/checkpoints/tiny-legacy" -o model >/dev/null 2>&1
# By words: paper 1 is about the rat alone, 2 has it once among other words, 3 and 4 not at all.
cat >corpus.jsonl <<'JSON'
{"title":"One","abstract":"rat rat rat rat rat","url":"https://example.org/1","authors":["Ann One","Bob Two"]}
{"title":"Two","abstract":"rat of cell cell cell cell cell","doi":"10.5555/2","authors":["Bob Two","Cy Three"]}
{"title":"Three","abstract":"cell cell cell cell of","authors":["Cy Three"]}
{"title":"Four","abstract":"of of of of of","authors":["Dee Four"]}
{"title":"Same","abstract":"cell of cell","authors":[{"name":"Eve Same","orcid":"0000-0002-1825-0097"}]}
{"title":"Same","abstract":"of cell of","authors":[{"name":"Eve Same","orcid":"0000-0001-5109-3700"}]}
JSON
"$refscout" embed --model model corpus.jsonl -o index >/dev/null
evaluate() { "$refscout" eval --model model --index index "$@"; }

# measure FILE LIST SCORE AGGREGATE NAME: the value.
measure() {
    python3 - "$@" <<'PYTHON'
import json, sys
name, part, score, aggregate, measure = sys.argv[1:]
rows = [r for r in json.load(open(name))[part] if r["score"] == score and r.get("aggregate", "") == aggregate]
assert len(rows) == 1, rows
m = rows[0]["measures"][measure]
assert m["value"] is None or m["low"] <= m["value"] <= m["high"], m
print(m["value"])
PYTHON
}
expect() {
    local want=$1 got
    shift
    got=$(measure out "$@") || got=failed
    [ "$got" = "$want" ] || fail "$*: $got, expected $want"
}

# ---- Figures -----------------------------------------------------------------------------------
# "rat": papers 1 and 2 in this order, then four that tie at 0 in their order; so 4 has rank 4.
cat >data.json <<'JSON'
{"queries": [
 {"text": "rat", "relevant": ["https://example.org/1", "10.5555/2"], "reviewers": ["Ann One"]},
 {"text": "a rat", "relevant": ["Four"], "reviewers": ["Four, Dée", "bob two"]},
 {"text": "the rat", "ratings": [{"person": "Ann One", "rating": 2}, {"person": "Cy Three", "rating": 5}]},
 {"text": "the cell", "ratings": [{"person": "Ann One", "rating": 4}, {"person": "Cy Three", "rating": 4}]}]}
JSON
evaluate data.json --json >out
expect 0.715338 papers lexical "" ndcg_10 # the mean of 1 and 1 / log2(5)
expect 1 papers lexical "" recall_100
expect 0 papers hybrid-lexical "" recall_100 # six papers are among the first hundred
expect 0.625 papers lexical "" mrr # the mean of 1 and 1 / 4
# By their best paper: Ann and Bob tie, Cy's is paper 2, the other three have nothing: of five others
# Ann has four lower and one alike, 0.9; Bob too; Dee two alike, 0.2.
expect 0.666667 reviewers lexical best percentile # (0.9 + 0.2 + 0.9) / 3
expect 0 reviewers lexical best top_1_percent
# By the mean, Ann is before Bob: 1, 0.8 and 0.2.
expect 0.666667 reviewers lexical mean3 percentile
expect 0.333333 reviewers lexical mean3 top_1_percent
# Ann: "the rat" scores higher than "the cell" and is rated lower, 2 lost of 2. Cy: the cell scores higher
# and is rated lower by 1. Ann's pair is easy, Cy's hard.
expect 1 raters lexical best loss
expect 0 raters lexical best easy_pairs
expect 0 raters lexical best hard_pairs
for score in cosine centred hybrid; do
    for aggregate in mean3 best weighted; do
        measure out reviewers $score $aggregate percentile >/dev/null || fail "$score $aggregate is missing"
    done
done
evaluate data.json --json >again
cmp -s out again || fail "a second run differs"
evaluate data.json --json --score hybrid --weight 0.25 --aggregate best --seed 2 >out
[ "$(grep -o '"score":' out | wc -l)" = 3 ] || fail "one score and one aggregate are not three rows"
says out '"hybrid_weight":0.25'
evaluate - <data.json >out
says out "2 queries with relevant papers"
says out "2 people with ratings"
says out "0.7153 ["

# What is itself in the corpus is left out of its own ranking, as in a search.
echo '{"queries":[{"text":"rat rat rat rat rat","relevant":["10.5555/2"],"reviewers":["Ann One"]}]}' >self.json
evaluate self.json --json >out
expect 1 papers lexical "" mrr
expect 0 reviewers lexical best percentile # her only paper

# Whoever rates one thing alone cannot be measured.
echo '{"queries":[{"text":"rat","ratings":[{"person":"Ann One","rating":2}]}]}' >single.json
evaluate single.json --json >out
expect None raters lexical best loss
evaluate single.json >out
says out none

# ---- Bad data ----------------------------------------------------------------------------------
# refuses SENTENCE JSON
refuses() {
    local code=0
    printf '%s' "$2" >bad.json
    evaluate bad.json >out 2>err || code=$?
    [ "$code" = 1 ] || fail "$2: exit code $code"
    says err "bad.json: $1"
}
refuses 'not valid JSON at byte' '{"queries":['
refuses 'has no list "queries"' '[]'
refuses 'has no list "queries"' '{"queries":[]}'
refuses 'has no list "queries"' '{"queries":{"text":"x"}}'
refuses 'query 1: has no "text"' '{"queries":[7]}'
refuses 'query 2: has no "text"' '{"queries":[{"text":"x","relevant":["One"]},{"text":""}]}'
refuses 'query 1: has neither' '{"queries":[{"text":"x"}]}'
refuses 'query 1: has neither' '{"queries":[{"text":"x","ratings":[]}]}'
refuses 'query 1: relevant is not a list' '{"queries":[{"text":"x","relevant":[]}]}'
refuses 'query 1: relevant is not a list' '{"queries":[{"text":"x","relevant":"One"}]}'
refuses 'query 1: relevant holds something other' '{"queries":[{"text":"x","relevant":[1]}]}'
refuses 'query 1: relevant: no paper of the index has the DOI, address or title Five' \
    '{"queries":[{"text":"x","relevant":["Five"]}]}'
refuses 'query 1: relevant: several papers of the index are called Same; give the DOI' \
    '{"queries":[{"text":"x","relevant":["Same"]}]}'
refuses 'query 1: relevant names One twice' '{"queries":[{"text":"x","relevant":["One","One"]}]}'
refuses 'query 1: reviewers: no person of the index' '{"queries":[{"text":"x","reviewers":["Nobody"]}]}'
refuses 'query 1: reviewers: several people of the index are called Eve Same; give the ORCID' \
    '{"queries":[{"text":"x","reviewers":["Eve Same"]}]}'
refuses 'query 1: ratings holds something other' '{"queries":[{"text":"x","ratings":[7]}]}'
refuses 'query 1: ratings is not a list' '{"queries":[{"text":"x","relevant":["One"],"ratings":{"a":1}}]}'
refuses 'query 1: ratings: the "rating" of an entry is not a number' '{"queries":[{"text":"x","ratings":[{"person":"Ann One"}]}]}'
refuses 'query 1: ratings: one person rates it twice' \
    '{"queries":[{"text":"x","ratings":[{"person":"Ann One","rating":1},{"person":"Ann One","rating":2}]}]}'

code=0
evaluate missing.json >out 2>err || code=$?
[ "$code" = 1 ] || fail "a missing file: exit code $code"
says err "missing.json: "
for options in "" "data.json data.json" "data.json --weight 0" "data.json --resamples 0" "data.json --score best"; do
    code=0
    # shellcheck disable=SC2086 # words of options
    evaluate $options >out 2>err || code=$?
    [ "$code" = 2 ] || fail "eval $options: exit code $code"
done

[ "$failures" = 0 ]
