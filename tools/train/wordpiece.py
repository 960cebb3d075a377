"""The model's vocabulary: BERT's splitting into words, and WordPiece learned from word counts.

Normalisation is BERT's (lower case, accents stripped), the one refscout's own tokenizer follows;
tests/test_train.sh compares the two token by token.
"""

import heapq
import re
import sys
import unicodedata
from collections import Counter, defaultdict

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PAD, UNK, CLS, SEP = 0, 1, 2, 3
LETTERS = [chr(c) for c in range(ord("a"), ord("z") + 1)] + list("0123456789")
GREEK = list("αβγδεζηθικλμνξοπρσςτυφχψω")
PUNCTUATION = list("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~‐‑–—‘’“”…′″‰•·")  # always words by themselves
SIGNS = list("−±×÷°º≤≥≈≠∞∈∂∇∑√∙⋅→←↔∼∆¬²³¹⁺⁻®©™£€µßøłđıæœðþ")  # may also follow a letter
WORD_MAX = 100  # characters; a longer word is [UNK]

# Ideographs that BERT sets blanks around.
CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002a6df\U0002a700-\U0002ceaf\U0002f800-\U0002fa1f"


def _character_classes():
    punctuation, dropped, marks = [], [], []
    for code in range(sys.maxunicode + 1):
        char = chr(code)
        category = unicodedata.category(char)
        if category[0] == "P" or (code < 128 and category[0] == "S"):
            punctuation.append(re.escape(char))
        elif category in ("Cc", "Cf", "Co") and char not in "\t\n\r" or code == 0xFFFD:
            dropped.append(code)
        elif category == "Mn":
            marks.append(code)
    return "".join(punctuation), dict.fromkeys(dropped), dict.fromkeys(marks)


_PUNCTUATION, _DROPPED, _MARKS = _character_classes()
_WORDS = re.compile(f"[{_PUNCTUATION}{CJK}]|[^\\s{_PUNCTUATION}{CJK}]+")
_ASCII_WORDS = re.compile(r"[a-z0-9]+|[!-/:-@\[-`{-~]")


def words(text):
    """The words of a text, as BERT's pre-tokenizer gives them."""
    if text.isascii() and text.isprintable():
        return _ASCII_WORDS.findall(text.lower())
    text = unicodedata.normalize("NFD", text.translate(_DROPPED)).translate(_MARKS).lower()
    return _WORDS.findall(text)


def learn(counts, size):
    """A vocabulary of at most `size` tokens: byte-pair merges over words with their (weighted) counts.

    Every letter, digit, Greek letter and common sign is in it, bare and as a continuation, so that
    a Latin or Greek word can always be spelled. A third more is merged than is kept: what was only a
    step towards a longer token goes again. Deterministic: ties go to the smaller pair.
    """
    base = SPECIALS + PUNCTUATION + LETTERS + GREEK + SIGNS + ["##" + c for c in LETTERS + GREEK + SIGNS]
    vocab = list(dict.fromkeys(base))
    known = set(vocab)
    spelled, weight = [], []
    for word, count in sorted(counts.items()):
        pieces = [word[0]] + ["##" + c for c in word[1:]]
        if len(word) <= WORD_MAX and all(p in known for p in pieces):
            spelled.append(pieces)
            weight.append(count)

    pairs, where = Counter(), defaultdict(set)
    for i, pieces in enumerate(spelled):
        for pair in zip(pieces, pieces[1:]):
            pairs[pair] += weight[i]
            where[pair].add(i)
    heap = [(-count, pair) for pair, count in pairs.items()]
    heapq.heapify(heap)
    while len(vocab) < size * 4 // 3 and heap:
        count, pair = heapq.heappop(heap)
        if pairs[pair] != -count:
            continue  # an entry from before a merge; the current one is in the heap as well
        if count == 0:
            break
        merged = pair[0] + pair[1][2:]
        if merged not in known:
            known.add(merged)
            vocab.append(merged)
        changed = set()
        for i in sorted(where.pop(pair)):
            old = spelled[i]
            new, at = [], 0
            while at < len(old):
                if at + 1 < len(old) and (old[at], old[at + 1]) == pair:
                    new.append(merged)
                    at += 2
                else:
                    new.append(old[at])
                    at += 1
            for p in zip(old, old[1:]):
                pairs[p] -= weight[i]
                changed.add(p)
            for p in zip(new, new[1:]):
                pairs[p] += weight[i]
                where[p].add(i)
                changed.add(p)
            spelled[i] = new
        for p in changed:
            if p != pair and pairs[p] > 0:
                heapq.heappush(heap, (-pairs[p], p))
        pairs[pair] = 0

    used = Counter()
    for pieces, count in zip(spelled, weight):
        for piece in pieces:
            used[piece] += count
    base, learned = vocab[: len(set(base))], vocab[len(set(base)) :]
    kept = sorted(learned, key=lambda token: (-used[token], token))[: max(0, size - len(base))]
    return base + sorted(kept)


class Tokenizer:
    """Greedy longest match from the left, the words already met kept in a table."""

    def __init__(self, vocab):
        self.ids = {token: i for i, token in enumerate(vocab)}
        self.longest = max(map(len, vocab))
        self.met = {}

    def _word(self, word):
        pieces, at = [], 0
        if len(word) > WORD_MAX:
            return (UNK,)
        while at < len(word):
            prefix = "##" if at else ""
            for end in range(min(len(word), at + self.longest), at, -1):
                piece = self.ids.get(prefix + word[at:end])
                if piece is not None:
                    break
            else:
                return (UNK,)
            pieces.append(piece)
            at = end
        return tuple(pieces)

    def __call__(self, text):
        """Token ids of a text, without [CLS] and [SEP]."""
        ids = []
        for word in words(text):
            pieces = self.met.get(word)
            if pieces is None:
                pieces = self.met[word] = self._word(word)
            ids.extend(pieces)
        return ids
