#!/usr/bin/env python3
"""Papers and queries for `refscout eval`, made from public collections; docs/evaluation.md uses them.

usage: make_data.py FOLDER OUT

FOLDER has elife.jsonl.xz and arxiv_neuro.jsonl.xz (one paper a line: title, abstract, authors), and
scifact_corpus.jsonl.xz with scifact_claims_train.json (doc_id; id, claim, cited_doc_ids). OUT then has

  scifact.jsonl        the corpus, each paper with the address https://example.org/scifact/DOC_ID
  scifact-claims.json  claims, and the papers each cites; -even and -odd: those of even and odd id
  held-out.jsonl       the papers of elife and arxiv_neuro that no model of ours was trained on
  held-out-titles.json   their titles, each with its own paper
  held-out-authors.json  abstracts of them, with those of their authors who have other papers there

The standard library is all it needs.
"""

import collections
import hashlib
import json
import lzma
import pathlib
import re
import sys
import unicodedata

# As tools/train/papers.py splits: a paper is held out when the first four bytes (big-endian) of the
# SHA-256 of its normalised title, modulo 100, are below this.
HELD_OUT = {"elife": 60, "arxiv_neuro": 40}
SHORTEST_ABSTRACT = 100


def read(path):
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def normalised(title):
    return re.sub(r"[\W_]+", "", title.lower())


def is_held_out(source, title):
    first = hashlib.sha256(normalised(title).encode()).digest()[:4]
    return int.from_bytes(first, "big") % 100 < HELD_OUT[source]


def write_corpus(path, papers):
    path.write_text("".join(json.dumps(p, ensure_ascii=False) + "\n" for p in papers), encoding="utf-8")


def write_queries(path, queries):
    path.write_text(json.dumps({"queries": queries}, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"{path}: {len(queries)} queries")


def make_scifact(folder, out):
    corpus = read(folder / "scifact_corpus.jsonl.xz")
    write_corpus(
        out / "scifact.jsonl",
        [
            {"title": p["title"], "abstract": p["abstract"], "url": f"https://example.org/scifact/{p['doc_id']}"}
            for p in corpus
        ],
    )
    there = {p["doc_id"] for p in corpus}
    claims = json.loads((folder / "scifact_claims_train.json").read_text(encoding="utf-8"))
    queries = {"": [], "-even": [], "-odd": []}
    for claim in claims:
        relevant = [f"https://example.org/scifact/{d}" for d in dict.fromkeys(claim["cited_doc_ids"]) if d in there]
        if not relevant:
            continue
        for half in ("", "-odd" if claim["id"] % 2 else "-even"):
            queries[half].append({"text": claim["claim"], "relevant": relevant})
    for half, list_of_half in queries.items():
        write_queries(out / f"scifact-claims{half}.json", list_of_half)


def held_out_papers(folder):
    papers, met = [], set()
    for source in HELD_OUT:
        for paper in read(folder / f"{source}.jsonl.xz"):
            title, abstract = paper.get("title") or "", paper.get("abstract") or ""
            if not title or len(abstract) < SHORTEST_ABSTRACT or not is_held_out(source, title):
                continue
            alike = {normalised(title), normalised(abstract)[:200]}
            if alike & met:
                continue
            met |= alike
            # The DOI is left away: two papers that share one by mistake would be merged.
            papers.append(
                {
                    "title": title,
                    "abstract": abstract,
                    "url": f"https://example.org/held-out/{len(papers)}",
                    "year": paper.get("year"),
                    "authors": paper.get("authors") or [],
                }
            )
    return papers


def people_of(paper):
    """ORCID, or name where there is none, of each author."""
    return [(a.get("orcid") or None, " ".join(a["name"].split())) for a in paper["authors"] if a.get("name")]


def folded(name):
    """Letters alone, without case and accents."""
    plain = unicodedata.normalize("NFKD", name.lower())
    return " ".join("".join(c if c.isalpha() else " " for c in plain if not unicodedata.combining(c)).split())


def make_held_out(folder, out):
    papers = held_out_papers(folder)
    write_corpus(out / "held-out.jsonl", papers)
    write_queries(out / "held-out-titles.json", [{"text": p["title"], "relevant": [p["url"]]} for p in papers])
    # Only those are asked for whose name says who they are: no ORCID anywhere, no other spelling but for
    # case and full stops.
    written, spelled = collections.defaultdict(set), collections.defaultdict(set)
    count = collections.Counter()
    for paper in papers:
        for orcid, name in people_of(paper):
            written[folded(name)].add(orcid)
            spelled[folded(name)].add(" ".join(name.lower().replace(".", " ").split()))
        count.update({folded(name) for _, name in people_of(paper)})
    sure = {key for key in count if written[key] == {None} and len(spelled[key]) == 1 and count[key] > 1}
    queries = []
    for paper in papers:
        known = {folded(name): name for _, name in people_of(paper) if folded(name) in sure}
        if known:
            queries.append({"text": paper["abstract"], "reviewers": sorted(known.values())})
    write_queries(out / "held-out-authors.json", queries)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder, out = map(pathlib.Path, sys.argv[1:])
    out.mkdir(parents=True, exist_ok=True)
    make_scifact(folder, out)
    make_held_out(folder, out)


if __name__ == "__main__":
    main()
