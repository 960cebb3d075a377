"""The training texts: read, split into training and held-out papers, tokenized and kept.

The split is made by title alone, so that anybody can make it again: a paper is held out when the
first four bytes (big-endian) of the SHA-256 of its normalised title, modulo 100, are below the
number of its source in HELD_OUT. Normalised: lower case, everything but letters and digits taken out.
"""

import hashlib
import json
import lzma
import multiprocessing
import pathlib
import re
from collections import Counter

import numpy as np
import wordpiece

# Read in this order; a title or abstract met before is left out, so arxiv_neuro comes before the
# arxiv_qbio that contains it. vocabulary: what a word counts when the vocabulary is learned.
# often: how many times as often as arxiv_broad's a paper is drawn in training.
SOURCES = {
    #                 vocabulary, often
    "scifact_corpus": (4.0, 4.0),
    "elife": (4.0, 4.0),
    "prepub_ccby": (4.0, 4.0),
    "arxiv_neuro": (2.0, 3.0),
    "arxiv_qbio": (1.0, 2.0),
    "acl": (0.15, 0.5),
    "arxiv_broad": (0.15, 1.0),
}
HELD_OUT = {"elife": 60, "arxiv_neuro": 40, "arxiv_qbio": 4, "prepub_ccby": 8}  # per cent

_NOT_TEXT = re.compile(r"[\W_]+")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9(])")


def normalised(text):
    return _NOT_TEXT.sub("", text.lower())


def is_held_out(source, title):
    first = hashlib.sha256(normalised(title).encode()).digest()[:4]
    return int.from_bytes(first, "big") % 100 < HELD_OUT.get(source, 0)


def read(folder):
    """All papers of the *.jsonl.xz in folder that SOURCES knows, each title and abstract once.

    A record is (source, held out?, title, abstract, digest, scifact's doc_id). Held-out papers are
    read first, so that of two alike the one in training goes.
    """
    rows, met = [], set()
    for wanted in (True, False):
        for source in SOURCES:
            path = pathlib.Path(folder) / f"{source}.jsonl.xz"
            if not path.exists():
                continue
            with lzma.open(path, "rt", encoding="utf-8") as lines:
                for line in lines:
                    paper = json.loads(line)
                    title, abstract = paper.get("title") or "", paper.get("abstract") or ""
                    if not title or len(abstract) < 100 or is_held_out(source, title) != wanted:
                        continue
                    alike = {normalised(title), normalised(abstract)[:200]}
                    # scifact's corpus is a test collection as well: all of it is kept.
                    if alike & met and source != "scifact_corpus":
                        continue
                    met |= alike
                    rows.append((source, wanted, title, abstract, paper.get("digest") or "", paper.get("doc_id", -1)))
    if not rows:
        raise SystemExit(f"{folder}: none of {', '.join(s + '.jsonl.xz' for s in SOURCES)} is there")
    return rows


def _count_words(rows):
    counts = Counter()
    for source, _, title, abstract, digest, _ in rows:
        weight = SOURCES[source][0]
        for word in wordpiece.words(f"{title} {abstract} {digest}"):
            counts[word] += weight
    return counts


def learn_vocabulary(rows, size, pool):
    counts = Counter()
    train = [row for row in rows if not row[1]]
    for part in pool.imap(_count_words, (train[i : i + 5000] for i in range(0, len(train), 5000))):
        counts.update(part)
    least = 5.0 if len(train) > 10000 else 1.0
    return wordpiece.learn({w: c for w, c in counts.items() if c >= least}, size)


_tokenizer = None


def _start_tokenizer(vocab):
    global _tokenizer
    _tokenizer = wordpiece.Tokenizer(vocab)


def _tokenize(rows):
    """Ids of all parts behind one another, each part's length: title, digest, sentences of the abstract."""
    ids, lengths, parts = [], [], []
    for _, _, title, abstract, digest, _ in rows:
        sentences = [_tokenizer(s) for s in _SENTENCE_END.split(abstract)]
        texts = [_tokenizer(title), _tokenizer(digest)] + [s for s in sentences if s]
        parts.append(len(texts))
        for text in texts:
            ids.extend(text)
            lengths.append(len(text))
    return np.array(ids, np.uint16), np.array(lengths, np.int32), np.array(parts, np.int32)


class Papers:
    """Token ids of all papers, flat. Paper i's parts are part[i] … part[i + 1]: its title, its digest
    (often empty), the sentences of its abstract; part p's ids are at[p] … at[p + 1] of `ids`."""

    def __init__(self, arrays):
        self.ids, self.source = arrays["ids"], arrays["source"]
        self.held_out, self.doc_id = arrays["held_out"], arrays["doc_id"]
        self.at = np.concatenate([[0], np.cumsum(arrays["lengths"], dtype=np.int64)])
        self.part = np.concatenate([[0], np.cumsum(arrays["parts"], dtype=np.int64)])

    def __len__(self):
        return len(self.source)

    def of(self, *sources):
        return np.isin(self.source, [list(SOURCES).index(s) for s in sources])

    def title(self, i):
        p = self.part[i]
        return self.ids[self.at[p] : self.at[p + 1]]

    def digest(self, i):
        p = self.part[i] + 1
        return self.ids[self.at[p] : self.at[p + 1]]

    def abstract(self, i):
        return self.ids[self.at[self.part[i] + 2] : self.at[self.part[i + 1]]]

    def everything(self, i):
        return self.ids[self.at[self.part[i]] : self.at[self.part[i + 1]]]

    def sentences(self, i):
        """Where the abstract's sentences begin, and its end: offsets into `ids`."""
        return self.at[self.part[i] + 2 : self.part[i + 1] + 1]


def prepare(data, out, vocab_size, log):
    """Vocabulary and tokens of the texts in `data`, made once and kept in `out`."""
    vocab_path, tokens_path = out / "vocab.txt", out / "tokens.npz"
    if not tokens_path.exists():
        log(f"reading {data}")
        rows = read(data)
        with multiprocessing.Pool(2) as pool:
            log(f"{len(rows)} papers, {sum(r[1] for r in rows)} of them held out; learning the vocabulary")
            vocab = learn_vocabulary(rows, vocab_size, pool)
        vocab_path.write_text("\n".join(vocab) + "\n", encoding="utf-8")
        log(f"{len(vocab)} tokens; tokenizing")
        with multiprocessing.Pool(2, _start_tokenizer, (vocab,)) as pool:
            done = pool.map(_tokenize, [rows[i : i + 5000] for i in range(0, len(rows), 5000)], 1)
        names = list(SOURCES)
        part = tokens_path.with_suffix(".part.npz")
        np.savez(
            part,
            ids=np.concatenate([d[0] for d in done]),
            lengths=np.concatenate([d[1] for d in done]),
            parts=np.concatenate([d[2] for d in done]),
            source=np.array([names.index(r[0]) for r in rows], np.int8),
            held_out=np.array([r[1] for r in rows]),
            doc_id=np.array([r[5] for r in rows], np.int64),
        )
        part.rename(tokens_path)
    papers = Papers(np.load(tokens_path))
    vocab = vocab_path.read_text(encoding="utf-8").splitlines()
    log(f"{len(papers)} papers, {papers.held_out.sum()} held out, {len(papers.ids)} tokens, vocabulary of {len(vocab)}")
    return papers, vocab
