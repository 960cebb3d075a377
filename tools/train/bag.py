"""Stage 1: the network as a bag of words.

While every layer is the identity (model.py starts them so), a text's embedding is the mean over
its tokens of gain * LayerNorm(word vector). That needs no transformer: a sum of rows, so batches of
thousands of pairs cost a second. The layer norm takes a word's length away; so that a word can still
weigh little, BALLAST units, which the last layer's gain wipes out, take what its other units leave.
"""

import numpy as np
import scipy.sparse as sparse
import torch
from torch.nn import functional

BALLAST = 16


def svd_start(papers, rows, vocab_size, width, seed):
    """Word vectors [vocab_size, width] to begin with: TF-IDF's right singular vectors, by random
    projection; each of the length of the token's inverse document frequency, at most 1."""
    texts = [papers.everything(i) for i in rows]
    flat, ends = np.concatenate(texts).astype(np.int32), np.cumsum([0] + [len(t) for t in texts])
    counts = sparse.csr_matrix((np.ones(len(flat), np.float32), flat, ends), (len(rows), vocab_size))
    counts.sum_duplicates()
    seen = np.bincount(counts.indices, minlength=vocab_size)
    idf = np.log((len(rows) + 1) / (seen + 1)).astype(np.float32)
    counts.data = (1 + np.log(counts.data)) * idf[counts.indices]
    norms = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1)).ravel())
    counts = (sparse.diags(1 / np.maximum(norms, 1e-6)) @ counts).astype(np.float32).tocsr()
    rng = np.random.default_rng([seed, 4])
    basis = rng.standard_normal((vocab_size, width + 16)).astype(np.float32)
    for _ in range(3):
        basis = np.linalg.qr(counts.T @ (counts @ basis))[0]
    basis = basis[:, :width]
    basis /= np.maximum(np.linalg.norm(basis, axis=1, keepdims=True), 1e-9)
    return basis * np.minimum(1, idf / np.log(1000))[:, None]


class Bag(torch.nn.Module):
    """word: [V, H]; its last BALLAST columns reach the embedding only through the layer norm."""

    def __init__(self, start, hidden):
        super().__init__()
        vocab_size, width = start.shape
        self.width = width
        start = start - start.mean(axis=1, keepdims=True)
        share = 0.9 * start  # of the row's length, sqrt(H) after the layer norm
        left = np.sqrt(np.maximum(0.1, 1 - (share**2).sum(axis=1)) / BALLAST)
        signs = np.where(np.arange(BALLAST) % 2, 1.0, -1.0)
        rows = np.concatenate([share, left[:, None] * signs], axis=1) * np.sqrt(hidden)
        self.word = torch.nn.Parameter(torch.tensor(rows, dtype=torch.float32))

    def table(self):
        return functional.layer_norm(self.word, self.word.shape[1:])[:, : self.width].contiguous()

    def forward(self, table, texts):
        """Unit vectors of a list of id arrays."""
        at = np.cumsum([0] + [len(t) for t in texts[:-1]])
        ids = torch.from_numpy(np.concatenate(texts).astype(np.int64))
        return functional.normalize(functional.embedding_bag(ids, table, torch.from_numpy(at), mode="sum"))


def contrast(queries, documents, temperature):
    """Symmetric cross entropy of finding each text's other half in the batch."""
    scores = queries @ documents.T / temperature
    right = torch.arange(len(scores))
    return (functional.cross_entropy(scores, right) + functional.cross_entropy(scores.T, right)) / 2
