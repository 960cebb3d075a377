"""How good embeddings are: title to abstract among held-out papers, scifact's claims to its abstracts."""

import json
import math
import pathlib

import numpy as np
import scipy.sparse as sparse
import wordpiece
from wordpiece import CLS, SEP


def text_ids(*parts, most=512):
    """[CLS] part [SEP] part … [SEP], cut as refscout cuts."""
    ids = [CLS]
    for part in parts:
        ids.extend(int(t) for t in part)
        ids.append(SEP)
    return np.array(ids if len(ids) <= most else ids[: most - 1] + [SEP])


def unit(vectors):
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def reciprocal_rank(queries, documents):
    """Mean over i of 1 / rank of document i for query i; a tie counts against it."""
    scores = queries @ documents.T
    right = np.diagonal(scores)[:, None]
    return float((1.0 / (scores >= right).sum(axis=1)).mean())


def ndcg10(scores, relevant):
    """Mean nDCG@10; relevant[q] is the set of columns that are relevant to row q, all alike."""
    total = 0.0
    for row, wanted in zip(scores, relevant):
        top = np.argsort(-row, kind="stable")[:10]
        gain = sum(1 / math.log2(i + 2) for i, d in enumerate(top) if d in wanted)
        total += gain / sum(1 / math.log2(i + 2) for i in range(min(10, len(wanted))))
    return total / len(relevant)


def bm25(queries, documents, vocab_size, k1=1.2, b=0.75):
    """Scores [queries, documents] of lists of token ids."""

    def counts(texts):
        lengths = np.cumsum([0] + [len(t) for t in texts])
        flat = np.concatenate(texts)
        matrix = sparse.csr_matrix((np.ones(len(flat), np.float32), flat, lengths), (len(texts), vocab_size))
        matrix.sum_duplicates()
        return matrix

    d = counts(documents)
    q = counts(queries)
    q.data[:] = 1
    length = np.asarray(d.sum(axis=1)).ravel()
    seen = np.bincount(d.indices, minlength=vocab_size)
    idf = np.log(1 + (len(documents) - seen + 0.5) / (seen + 0.5))
    norm = k1 * (1 - b + b * length / length.mean())
    rows = np.repeat(np.arange(len(documents)), np.diff(d.indptr))
    d.data = (d.data * (k1 + 1) / (d.data + norm[rows]) * idf[d.indices]).astype(np.float32)
    return np.asarray((q @ d.T).todense())


def z(scores):
    """Each query's scores with mean 0 and deviation 1."""
    return (scores - scores.mean(axis=1, keepdims=True)) / scores.std(axis=1, keepdims=True)


def without_top_component(queries, documents):
    mean = documents.mean(axis=0)
    queries, documents = queries - mean, documents - mean
    top = np.linalg.svd(documents[:: max(1, len(documents) // 2000)], full_matrices=False)[2][0]
    return (unit(x - np.outer(x @ top, top)) for x in (queries, documents))


class Held:
    """The held-out papers and scifact, as token ids, and what embeddings of them are worth."""

    def __init__(self, papers, vocab, data):
        held = np.flatnonzero(papers.held_out)
        self.groups = {"all": held}
        for source in ("elife", "arxiv_neuro"):
            self.groups[source] = held[papers.of(source)[held]]
        self.titles = [text_ids(papers.title(i)) for i in held]
        self.abstracts = [text_ids(papers.abstract(i)) for i in held]
        self.group_rows = {g: np.searchsorted(held, rows) for g, rows in self.groups.items()}
        self.claims, self.lexical = [], None
        path = pathlib.Path(data) / "scifact_claims_train.json"
        if path.exists():
            corpus = np.flatnonzero(papers.of("scifact_corpus"))
            column = {int(papers.doc_id[i]): c for c, i in enumerate(corpus)}
            tokenize = wordpiece.Tokenizer(vocab)
            claims = json.loads(path.read_text(encoding="utf-8"))
            claims = [c for c in claims if any(d in column for d in c["cited_doc_ids"])]
            self.relevant = [{column[d] for d in c["cited_doc_ids"] if d in column} for c in claims]
            self.even = np.array([c["id"] % 2 == 0 for c in claims])
            self.claims = [text_ids(tokenize(c["claim"])) for c in claims]
            self.corpus = [text_ids(papers.title(i), papers.abstract(i)) for i in corpus]
            self.lexical = bm25([c[1:-1] for c in self.claims], [c[1:-1] for c in self.corpus], len(vocab))

    def _ndcg(self, scores, half):
        rows = np.flatnonzero({"even": self.even, "odd": ~self.even}.get(half, self.even | True))
        return ndcg10(scores[rows], [self.relevant[i] for i in rows])

    def figures(self, embed):
        """embed: list of id arrays -> [n, H]. `choose` is what a state of training is chosen by, and the
        hybrid's weight too is chosen on the claims of even id; those of odd id have no part in it."""
        titles, abstracts = unit(embed(self.titles)), unit(embed(self.abstracts))
        out = {}
        for group, rows in self.group_rows.items():
            if len(rows):
                out[f"mrr {group}"] = reciprocal_rank(titles[rows], abstracts[rows])
        mean = abstracts.mean(axis=0)
        out["mrr centred"] = reciprocal_rank(unit(titles - mean), unit(abstracts - mean))
        out["choose"] = out["mrr all"]
        if self.claims:
            raw_q, raw_d = embed(self.claims), embed(self.corpus)
            dense = unit(raw_q) @ unit(raw_d).T
            mean = raw_d.mean(axis=0)
            out["ndcg centred"] = self._ndcg(unit(raw_q - mean) @ unit(raw_d - mean).T, "all")
            q, d = without_top_component(raw_q, raw_d)
            out["ndcg top component out"] = self._ndcg(q @ d.T, "all")

            def mixed(weight):
                return weight * z(dense) + (1 - weight) * z(self.lexical)

            weight = max((self._ndcg(mixed(w), "even"), w) for w in np.arange(0.1, 0.9, 0.05))[1]
            out["hybrid weight"] = float(weight)
            for name, scores in (("ndcg", dense), ("bm25", self.lexical), ("hybrid", mixed(weight))):
                for half in ("even", "odd", "all"):
                    out[f"{name} {half}"] = self._ndcg(scores, half)
            out["choose"] = (out["mrr all"] + out["ndcg even"]) / 2
        return out
