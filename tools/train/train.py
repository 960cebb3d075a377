#!/usr/bin/python3
"""Trains the built-in model: from a folder of papers to a checkpoint for `refscout convert`.

    tools/train/train.py --data DATA_DIR --out OUT_DIR [--steps N] [--short] [--seed N]
    refscout convert OUT_DIR/checkpoint -o weights/default.safetensors --pool mean

OUT_DIR keeps the tokens, the state of training every few minutes (the same command goes on from
there after being stopped), log.txt, and the checkpoint folder with figures.json. Stage 1 trains the
network as a bag of words (bag.py), stage 2 all of it (model.py); stage 2's best state by the
selection figure is the checkpoint, or stage 1's if that is better. --steps says how long stage 2 is: 0
unless it is given, as for the built-in model. --short: a small model, few steps.

Needs python3-torch, python3-numpy, python3-scipy and, to be fast, libopenblas0-pthread.
"""

import argparse
import json
import os
import pathlib
import sys
import time

import bag
import measure
import model
import numpy as np
import pairs
import papers
import torch

FULL = {
    "vocab": 12000, "hidden": 384, "layers": 2, "feed_forward": 768, "heads": 6, "clusters": 256,
    "bag_steps": 1200, "bag_batch": 2048, "bag_rate": 0.02, "bag_every": 200, "drop": 0.15,
    "steps": 0, "batch": 384, "rate": 4e-4, "every": 100, "query_most": 40, "document_most": 96,
    "temperature": 0.035, "word_rate": 1.0, "bfloat16": True,
}  # fmt: skip
SHORT = FULL | {
    "vocab": 600, "hidden": 48, "feed_forward": 64, "heads": 4, "clusters": 4,
    "bag_steps": 60, "bag_batch": 32, "bag_every": 20, "steps": 20, "batch": 32, "every": 10,
}  # fmt: skip


class Run:
    """The folder of a run: its log and the state it goes on from."""

    def __init__(self, out, settings):
        self.out, self.began = out, time.time()
        out.mkdir(parents=True, exist_ok=True)
        kept = out / "settings.json"
        if kept.exists() and json.loads(kept.read_text()) != settings:
            raise SystemExit(f"{out}: holds a run with other settings ({kept.name}); give another folder")
        kept.write_text(json.dumps(settings, indent=2) + "\n")

    def log(self, text):
        line = f"{time.time() - self.began:7.0f} s  {text}"
        print(line, flush=True)
        with open(self.out / "log.txt", "a", encoding="utf-8") as file:
            file.write(line + "\n")

    def save(self, name, state):
        part = self.out / f"{name}.part"
        torch.save(state, part)
        os.replace(part, self.out / name)

    def load(self, name):
        path = self.out / name
        return torch.load(path) if path.exists() else None


def shown(figures):
    return ", ".join(f"{name} {value:.4f}" for name, value in figures.items())


def rate_at(step, steps, warm):
    """Share of the full learning rate: up over `warm` steps, then down in a line."""
    return min(1.0, (step + 1) / warm) * max(0.02, 1 - step / steps)


def embed_with(function, at_once=2048):
    def embed(texts):
        with torch.no_grad():
            return np.concatenate(
                [function(texts[i : i + at_once]).float().numpy() for i in range(0, len(texts), at_once)]
            )

    return embed


def train_bag(run, s, all_papers, vocab, held):
    """Stage 1. Returns its last state: the bag, its figures, the clusters its batches were made of."""
    source = pairs.Pairs(all_papers, s["seed"])
    state, first = run.load("bag.pt"), 0
    if state is None:
        run.log("stage 1: word vectors from TF-IDF")
        start = bag.svd_start(all_papers, source.train, len(vocab), s["hidden"] - bag.BALLAST, s["seed"])
    else:
        start = np.zeros((len(vocab), s["hidden"] - bag.BALLAST), np.float32)
    net = bag.Bag(start, s["hidden"])
    optimizer = torch.optim.Adam(net.parameters(), lr=s["bag_rate"], betas=(0.9, 0.99))
    if state is not None:
        net.load_state_dict(state["net"])
        optimizer.load_state_dict(state["optimizer"])
        first = state["step"]
        source.cluster = state["cluster"]

    def embed(texts):
        with torch.no_grad():
            table = net.table()
            return np.concatenate([net(table, texts[i : i + 2048]).numpy() for i in range(0, len(texts), 2048)])

    def measured(step):
        nonlocal state
        figures = held.figures(embed)
        run.log(f"stage 1, step {step} of {s['bag_steps']}: {shown(figures)}")
        state = {"net": net.state_dict(), "optimizer": optimizer.state_dict(), "step": step,
                 "cluster": source.cluster, "figures": figures}  # fmt: skip
        run.save("bag.pt", state)

    # Every second epoch batches are made anew, of papers alike by what has been learned so far.
    regroup = 2 * source.steps_per_epoch(s["bag_batch"])
    for step in range(first, s["bag_steps"]):
        if step % regroup == 0:
            texts = [all_papers.everything(i) for i in source.train]
            source.cluster = pairs.clusters(embed(texts), s["clusters"], s["seed"] + step)
        if step % s["bag_every"] == 0 and step > first:
            measured(step)
        for group in optimizer.param_groups:
            group["lr"] = s["bag_rate"] * rate_at(step, s["bag_steps"], 50)
        queries, documents = source.batch(step, s["bag_batch"], 200, 512, s["drop"])
        table = net.table()
        loss = bag.contrast(net(table, queries), net(table, documents), s["temperature"])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 25 == 0:
            run.log(f"stage 1, step {step}: loss {loss.item():.4f}")
    if first < s["bag_steps"]:
        measured(s["bag_steps"])
    return net, state["figures"], state["cluster"]


def train_all(run, s, all_papers, vocab, held, net, figures, cluster):
    """Stage 2. The checkpoint is stage 1's until the network measures better, and then the best so far."""
    torch.manual_seed(s["seed"])
    bert = model.Bert(len(vocab), s["hidden"], s["layers"], s["feed_forward"], s["heads"])
    bert.set_bag(net)
    # Word vectors are long where the layers' weights are small: a rate for each.
    words = [bert.word.weight]
    rest = [p for n, p in bert.named_parameters() if not n.startswith("word.")]
    groups = [{"params": words, "scale": s["word_rate"]}, {"params": rest, "scale": 1.0}]
    optimizer = torch.optim.Adam(groups, lr=s["rate"], betas=(0.9, 0.98))
    source = pairs.Pairs(all_papers, s["seed"] + 1)
    source.cluster = cluster
    state, first = run.load("bert.pt"), 0
    if state is not None:
        bert.load_state_dict(state["bert"])
        optimizer.load_state_dict(state["optimizer"])
        first, best = state["step"], state["best"]

    def forward(texts):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=s["bfloat16"]):
            return bert.texts(texts)

    def keep(stage, step, figures):
        model.save(run.out / "checkpoint", bert, vocab)
        text = json.dumps({"stage": stage, "step": step} | figures, indent=2) + "\n"
        (run.out / "checkpoint" / "figures.json").write_text(text)
        return figures["choose"]

    if state is None:
        best = keep(1, s["bag_steps"], figures)

    def measured(step):
        nonlocal best
        figures = held.figures(embed_with(forward))
        better = figures["choose"] > best
        run.log(f"stage 2, step {step} of {s['steps']}{', kept' if better else ''}: {shown(figures)}")
        if better:
            best = keep(2, step, figures)
        run.save(
            "bert.pt", {"bert": bert.state_dict(), "optimizer": optimizer.state_dict(), "step": step, "best": best}
        )

    for step in range(first, s["steps"]):
        if step % s["every"] == 0 and step > first:
            measured(step)
        for group in optimizer.param_groups:
            group["lr"] = s["rate"] * group["scale"] * rate_at(step, s["steps"], 50)
        queries, documents = source.batch(step, s["batch"], s["query_most"], s["document_most"], s["drop"])
        vectors = torch.nn.functional.normalize(forward(queries + documents).float())
        loss = bag.contrast(vectors[: len(queries)], vectors[len(queries) :], s["temperature"])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(bert.parameters(), 1.0)
        optimizer.step()
        if step % 10 == 0:
            run.log(f"stage 2, step {step}: loss {loss.item():.4f}")
    if first < s["steps"]:
        measured(s["steps"])


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--data", required=True, type=pathlib.Path, help="folder of the *.jsonl.xz papers")
    arguments.add_argument("--out", required=True, type=pathlib.Path, help="folder of the run")
    arguments.add_argument("--short", action="store_true", help="a small model, few steps: a minute")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--steps", type=int, help="of stage 2; with 384 pairs a step, seconds each")
    arguments.add_argument("--threads", type=int, default=os.cpu_count())
    chosen = arguments.parse_args()
    torch.set_num_threads(chosen.threads)
    s = (SHORT if chosen.short else FULL) | {"seed": chosen.seed}
    if chosen.steps is not None:
        s["steps"] = chosen.steps
    run = Run(chosen.out, s)
    all_papers, vocab = papers.prepare(chosen.data, chosen.out, s["vocab"], run.log)
    held = measure.Held(all_papers, vocab, chosen.data)
    net, figures, cluster = train_bag(run, s, all_papers, vocab, held)
    train_all(run, s, all_papers, vocab, held, net, figures, cluster)
    run.log(f"done: {chosen.out / 'checkpoint'}")


if __name__ == "__main__":
    sys.exit(main())
