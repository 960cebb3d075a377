"""tools/train, from papers to a model file: test_train.py REFSCOUT. A minute; needs python3-torch.

The papers are made up here: each topic has its own words, a title is words of its abstract. Checked:
a run that is stopped and started again ends with the same bytes as one that is not; the held-out
papers are found; refscout's tokenizer and vectors agree with the trainer's.
"""

import json
import lzma
import math
import pathlib
import random
import subprocess
import sys
import tempfile
import time

TRAIN = pathlib.Path(__file__).resolve().parent.parent / "tools" / "train"
sys.path.insert(0, str(TRAIN))
import measure  # noqa: E402
import model  # noqa: E402
import papers  # noqa: E402
import wordpiece  # noqa: E402

REFSCOUT = sys.argv[1]
TEXTS = [
    "Zebrafish naïve T-cells: 5±2 µm, 37°C; α-synuclein (p<0.001) & IL-2’s role…",
    "Ångström-scale β₂ coupling — \u200bzero width, a\u00adsoft hyphen, e\u0301 and 漢字.",
    "x" * 120 + " ordinary words after a word that is too long",
]


def check(holds, what):
    if not holds:
        raise SystemExit(f"test_train: {what}")


def write_papers(folder):
    rng = random.Random(7)
    syllables = [a + b for a in "bcdfglmnprst" for b in "aeiou"]
    common = ["".join(rng.choices(syllables, k=2)) for _ in range(40)]
    topics = [["".join(rng.choices(syllables, k=3)) for _ in range(30)] for _ in range(12)]
    held, claims = 0, []
    for source, count in (("elife", 150), ("arxiv_qbio", 150), ("scifact_corpus", 60)):
        with lzma.open(folder / f"{source}.jsonl.xz", "wt", encoding="utf-8") as file:
            for n in range(count):
                topic = rng.choice(topics)
                sentences = [rng.choices(common, k=5) + rng.choices(topic, k=5) for _ in range(6)]
                abstract = " ".join(" ".join(rng.sample(s, len(s))).capitalize() + "." for s in sentences)
                title = " ".join(rng.sample([w for s in sentences for w in s if w in topic], 6))
                paper = {"title": title, "abstract": abstract}
                if source == "elife":
                    paper["digest"] = " ".join(rng.choices(topic + common, k=20))
                if source == "scifact_corpus":
                    paper["doc_id"] = 1000 + n
                    claims.append({"id": n, "claim": " ".join(sentences[2]), "cited_doc_ids": [1000 + n]})
                held += papers.is_held_out(source, title)
                file.write(json.dumps(paper) + "\n")
    (folder / "scifact_claims_train.json").write_text(json.dumps(claims))
    return held


def train(data, out):
    command = [sys.executable, TRAIN / "train.py", "--short", "--threads", "1", "--data", data, "--out", out]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def lines_of(command, texts):
    done = subprocess.run(command, input="\n".join(texts) + "\n", capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def main():
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        held = write_papers(place)
        whole, stopped = place / "whole", place / "stopped"
        check(train(place, whole).wait() == 0, "a short run fails")
        for name in ("bag.pt", "bert.pt"):  # stopped as soon as each stage has kept something
            run = train(place, stopped)
            until = time.monotonic() + 300
            while not (stopped / name).exists() and run.poll() is None and time.monotonic() < until:
                time.sleep(0.02)
            run.kill()
            run.wait()
            check((stopped / name).exists(), f"no {name}")
        check(train(place, stopped).wait() == 0, "a stopped run does not go on")
        checkpoint = whole / "checkpoint"
        same = (stopped / "checkpoint" / "model.safetensors").read_bytes() == (
            checkpoint / "model.safetensors"
        ).read_bytes()
        check(same, "a run stopped twice ends with other weights")

        figures = json.loads((checkpoint / "figures.json").read_text())
        log = (whole / "log.txt").read_text()
        check(f"{held} held out" in log and held > 20, "the number of held-out papers")
        check(figures["mrr all"] > 0.5, f"{figures}: titles do not find their abstracts")

        file = place / "model.safetensors"
        subprocess.run([REFSCOUT, "convert", checkpoint, "-o", file, "--pool", "mean"], check=True, capture_output=True)
        tokenize = wordpiece.Tokenizer((checkpoint / "vocab.txt").read_text(encoding="utf-8").splitlines())
        ids = [[wordpiece.CLS, *tokenize(t), wordpiece.SEP] for t in TEXTS]
        for text, ours, theirs in zip(TEXTS, ids, lines_of([REFSCOUT, "tokenize", "--model", file], TEXTS)):
            check(ours == theirs["ids"], f"{text}: {ours} here, {theirs['ids']} there")
        embed = model.load(checkpoint).texts([measure.np.array(i) for i in ids]).detach().numpy()
        for text, ours, theirs in zip(TEXTS, embed, lines_of([REFSCOUT, "encode", "--model", file], TEXTS)):
            theirs = theirs["embedding"]
            dot = sum(float(a) * b for a, b in zip(ours, theirs))
            cosine = dot / math.sqrt(sum(float(a) ** 2 for a in ours) * sum(b * b for b in theirs))
            check(cosine >= 0.9975, f"{text}: cosine of {cosine} between torch and refscout")


main()
