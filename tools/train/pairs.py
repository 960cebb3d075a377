"""What is trained on: pairs of texts of the same paper, in batches that hold papers alike.

Every pair is a function of (seed, step), so a run that was stopped goes on with the same ones.
"""

import numpy as np
from papers import SOURCES
from wordpiece import CLS, SEP

CHUNK = 256  # papers of one cluster that stand together in a batch: the hard negatives
DIGEST, TITLE = 0.5, 0.45  # chance of a digest pair where there is a digest, of a title pair else


class Pairs:
    def __init__(self, papers, seed):
        self.papers, self.seed = papers, seed
        self.train = np.flatnonzero(~papers.held_out)
        often = np.array([often for _, often in SOURCES.values()])
        self.often = often[papers.source[self.train]]
        self.cluster = None  # of each of self.train; read at the beginning of an epoch
        self._epoch, self._order = -1, None

    def steps_per_epoch(self, batch):
        return max(1, int(self.often.sum()) // batch)

    def papers_of_step(self, step, batch):
        """Indices of different papers, at most `batch`."""
        per_epoch = self.steps_per_epoch(batch)
        epoch = step // per_epoch
        if epoch != self._epoch:
            rng = np.random.default_rng([self.seed, 1, epoch])
            times = self.often.astype(int) + (rng.random(len(self.train)) < self.often % 1)
            rows = rng.permutation(np.repeat(np.arange(len(self.train)), times))
            if self.cluster is not None:
                rows = rows[np.argsort(self.cluster[rows], kind="stable")]
                chunk = min(CHUNK, max(1, batch // 4))
                chunks = [rows[i : i + chunk] for i in range(0, len(rows), chunk)]
                rows = np.concatenate([chunks[i] for i in rng.permutation(len(chunks))])
            self._epoch, self._order = epoch, rows
        first = step % per_epoch * batch
        return self.train[np.unique(self._order[first : first + batch])]

    def batch(self, step, batch, query_most, document_most, drop=0.0):
        """Two lists of id arrays, the n-th of both from the same paper. Longer texts lose a random
        end or beginning; of each text a share `drop` of the tokens is left out."""
        rng = np.random.default_rng([self.seed, 2, step])
        queries, documents = [], []
        for i in self.papers_of_step(step, batch):
            query, parts = self._pair(i, rng)
            queries.append(_wrap([query], query_most, rng))
            documents.append(_wrap(parts, document_most, rng))
        if drop:
            queries, documents = ([t[rng.random(len(t)) >= drop] for t in texts] for texts in (queries, documents))
        return queries, documents

    def _pair(self, i, rng):
        p = self.papers
        digest, sentences = p.digest(i), p.sentences(i)
        if len(digest) and rng.random() < DIGEST:
            return digest, [p.title(i), p.abstract(i)]
        if len(sentences) < 4 or rng.random() < TITLE:
            return p.title(i), [p.abstract(i)]
        # A sentence, and the rest with the title: near to a claim and the paper it is from.
        n = rng.integers(len(sentences) - 1)
        first, last = sentences[n], sentences[n + 1]
        rest = np.concatenate([p.ids[sentences[0] : first], p.ids[last : sentences[-1]]])
        return p.ids[first:last], [p.title(i), rest]


def _wrap(parts, most, rng):
    ids = [np.array([CLS])]
    for part in parts:
        ids += [part, np.array([SEP])]
    ids = np.concatenate(ids).astype(np.int64)
    if len(ids) > most:
        first = rng.integers(1, len(ids) - most + 2)
        ids = np.concatenate([[CLS], ids[first : first + most - 2], [SEP]])
    return ids


def clusters(vectors, k, seed, rounds=6):
    """k-means by cosine: the cluster of each row of `vectors`, which are unit vectors."""
    rng = np.random.default_rng([seed, 3])
    sample = vectors[rng.permutation(len(vectors))[: max(k * 100, 20000)]]
    centres = sample[:k].copy()
    for _ in range(rounds):
        nearest = (sample @ centres.T).argmax(axis=1)
        for c in range(k):
            members = sample[nearest == c]
            if len(members):
                mean = members.sum(axis=0)
                centres[c] = mean / max(np.linalg.norm(mean), 1e-9)
    return np.concatenate([(vectors[i : i + 8192] @ centres.T).argmax(axis=1) for i in range(0, len(vectors), 8192)])
