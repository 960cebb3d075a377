"""tools/get-scibert.sh against a server that answers as the Hugging Face hub does, also on its bad days. What
is fetched is used: converted, and a text is encoded."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
import unittest

from fetching import GOLDEN, REFSCOUT, TOOLS, Fetching, Site, environment

SCIBERT = "allenai/scibert_scivocab_uncased"
TEXT = "Place cells of the hippocampus."


def modules(*classes_and_paths):
    start = "sentence_transformers.models."
    return json.dumps([{"type": start + name, "path": path} for name, path in classes_and_paths]).encode()


def files_of(folder):
    return {path.name: path.read_bytes() for path in (GOLDEN / folder).iterdir() if path.name != "reference.json"}


def encode(model):
    done = subprocess.run(
        [REFSCOUT, "encode", "--model", model], input=TEXT + "\n", capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)["embedding"]


class Hub:
    """One repository at one commit. Files over `large` bytes are LFS: their bytes come from the CDN, another site."""

    def __init__(self, repository, files, large=3000):
        self.repository, self.files, self.large = repository, files, large
        self.commit = hashlib.sha1(repr(sorted(files)).encode()).hexdigest()
        self.spoil = []  # functions (where, request, *reply) -> another reply, once; or None
        self.cdn = Site(lambda request: self.through("cdn", request, self.bytes_of(request)))
        self.site = Site(lambda request: self.through("hub", request, self.resolve(request)))

    def close(self):
        self.cdn.close()
        self.site.close()

    def through(self, where, request, reply):
        """The first spoiler that wants this request changes the reply, and is used up."""
        for spoiler in list(self.spoil):
            changed = spoiler(where, request, *reply)
            if changed is not None:
                self.spoil = [other for other in self.spoil if other is not spoiler]
                return changed
        return reply

    def resolve(self, request):
        path = request.path.removeprefix("http://hub.example")  # asked as a proxy
        old = f"/old-name{path[path.index('/resolve/') :]}" if "/resolve/" in path else ""
        if path == old:
            return 307, {"Location": f"/{self.repository}{path.removeprefix('/old-name')}"}, b""
        for revision in ("main", "v1.0", self.commit):
            start = f"/{self.repository}/resolve/{revision}/"
            if path.startswith(start):
                return self.file(path.removeprefix(start), request)
        start = f"/api/resolve-cache/models/{self.repository}/{self.commit}/"
        if path.startswith(start):
            return self.file(path.removeprefix(start), request)
        if not path.startswith(f"/{self.repository}/"):
            return 401, {"X-Error-Code": "RepoNotFound"}, b"Invalid username or password."
        return 404, {"X-Error-Code": "RevisionNotFound"}, b"Invalid rev id"

    def file(self, name, request):
        if name not in self.files:
            return 404, {"X-Error-Code": "EntryNotFound"}, b"Entry not found"
        content = self.files[name]
        headers = {"X-Repo-Commit": self.commit}
        if len(content) <= self.large:
            # A file is answered at once, or after a redirect within the hub.
            cached = f"/api/resolve-cache/models/{self.repository}/{self.commit}/{name}"
            if name == "vocab.txt" and not request.path.endswith(cached):
                return 307, {**headers, "Location": cached}, b"Temporary Redirect"
            headers["ETag"] = '"' + hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest() + '"'
            return self.part_of(content, request, headers)
        headers["X-Linked-Etag"] = '"' + hashlib.sha256(content).hexdigest() + '"'
        headers["X-Linked-Size"] = str(len(content))
        headers["ETag"] = '"of the redirect"'
        headers["Location"] = f"{self.cdn.url}/{name}?signed=1"
        return 302, headers, b"Found. Redirecting"

    def bytes_of(self, request):
        name = request.path.removeprefix("/").partition("?")[0]
        return self.part_of(self.files[name], request, {"ETag": '"of the CDN"', "Accept-Ranges": "bytes"})

    def part_of(self, content, request, headers):
        wanted = request.headers.get("Range")
        if request.headers.get("If-Range") or not wanted:
            return 200, headers, content
        start = int(wanted.removeprefix("bytes=").rstrip("-"))
        if start >= len(content):
            return 416, headers, b""
        headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        return 206, headers, content[start:]


def on(where, name, change, method="GET"):
    """A spoiler for the next request of a file at the hub or the CDN."""

    def spoiler(at, request, status, headers, body):
        if at == where and request.command == method and f"/{name}" in request.path:
            return change(status, dict(headers), body)
        return None

    return spoiler


def cut(at):
    return lambda status, headers, body: (status, {**headers, "Content-Length": str(len(body)), "cut": at}, body)


def instead(status, body=b"", **headers):
    return lambda *_: (status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def swapped(status, headers, body):
    return status, headers, bytes(len(body))


class FromTheHub(Fetching):
    def setUp(self):
        super().setUp()
        self.files = files_of("tiny-zip")
        self.serve(SCIBERT)

    def serve(self, repository):
        self.hub = Hub(repository, self.files)
        self.addCleanup(self.hub.close)
        self.cache = self.place / "home" / "hub" / ("models--" + repository.replace("/", "--"))

    def get(self, *arguments, **environ):
        environ = {"HF_ENDPOINT": self.hub.site.url, "HF_HOME": str(self.place / "home"), **environ}
        return self.run_tool("get-scibert.sh", *arguments, **environ)

    def ranges(self):
        return [headers["Range"] for method, _, headers in self.hub.cdn.requests if "Range" in headers]

    def nothing_made(self):
        self.assertEqual(list(self.place.glob("*.safetensors")), [])

    def test_model_that_works(self):
        done = self.get(HF_TOKEN="hf_secret")
        self.says(done, 0, "pytorch_model.bin")
        self.assertIn("embed --model scibert.safetensors --text abstract", done.stderr)
        subprocess.run(
            [REFSCOUT, "convert", GOLDEN / "tiny-zip", "-o", self.place / "direct"], check=True, capture_output=True
        )
        self.assertEqual(encode(self.place / "scibert.safetensors"), encode(self.place / "direct"))
        shown = subprocess.run(
            [REFSCOUT, "inspect", "--json", self.place / "scibert.safetensors"], capture_output=True, text=True
        )
        self.assertIn(f"{SCIBERT}, commit {self.hub.commit}", shown.stdout)
        self.assertIn('"pool":	"cls"', shown.stdout)
        # As huggingface_hub lays it out.
        self.assertEqual((self.cache / "refs" / "main").read_text(), self.hub.commit)
        for name, content in self.files.items():
            link = self.cache / "snapshots" / self.hub.commit / name
            self.assertTrue(os.readlink(link).startswith("../../blobs/"))
            self.assertEqual(link.read_bytes(), content)
        # The token goes to the hub, and nowhere else; everything after the first answer is of one commit.
        self.assertTrue(all("Authorization" in headers for _, _, headers in self.hub.site.requests))
        self.assertFalse(any("Authorization" in headers for _, _, headers in self.hub.cdn.requests))
        self.assertTrue(all(self.hub.commit in path for _, path, _ in self.hub.site.requests[1:]))

    def test_what_is_there_is_used(self):
        self.says(self.get(), 0, "hash as the hub says")
        loaded = len(self.hub.cdn.requests)
        self.says(self.get("-o", "again.safetensors"), 0, "again.safetensors")
        self.assertEqual(len(self.hub.cdn.requests), loaded)
        asked = len(self.hub.site.requests)
        self.says(self.get("--revision", self.hub.commit), 0, "using what is in")
        self.says(self.get(HF_HUB_OFFLINE="1"), 0, "using what is in")
        self.assertEqual(len(self.hub.site.requests), asked)
        gone = self.get(HF_ENDPOINT="http://127.0.0.1:9")
        self.says(gone, 0, "cannot be reached")
        self.assertIn("using what was fetched before", gone.stderr)
        # A file that has been damaged since is noticed, offline and online.
        blob = (self.cache / "snapshots" / self.hub.commit / "pytorch_model.bin").resolve()
        blob.write_bytes(bytes(blob.stat().st_size))
        self.says(self.get(HF_HUB_OFFLINE="1"), 1, "is damaged")
        self.says(self.get(), 0, "is damaged; fetching it anew")

    def test_cache_elsewhere(self):
        self.says(self.get(HF_HUB_CACHE=str(self.place / "cache")), 0, "next")
        self.assertTrue((self.place / "cache" / self.cache.name).is_dir())
        self.assertFalse((self.place / "home").exists())

    def test_safetensors_first(self):
        self.files.update(files_of("tiny-safetensors"))
        self.says(self.get("--weights", "f32"), 0, "model.safetensors: ")
        self.assertFalse(any("pytorch_model" in path for _, path, _ in self.hub.site.requests))
        self.assertIn("tokenizer_config.json", os.listdir(self.cache / "snapshots" / self.hub.commit))

    def test_names(self):
        self.serve("malteos/scincl")
        self.says(self.get("scincl"), 0, "embed --model scincl.safetensors --text title-abstract")
        self.files["1_Pooling/config.json"] = b'{"word_embedding_dimension": 32, "pooling_mode_mean_tokens": true}'
        self.serve("some-body/a_model.2")
        done = self.get("some-body/a_model.2", "--revision", "v1.0")
        self.says(done, 0, "a_model.2.safetensors")
        self.assertIn("mean pooling", done.stdout)
        self.assertEqual((self.cache / "refs" / "v1.0").read_text(), self.hub.commit)
        self.files["1_Pooling/config.json"] = b'{"pooling_mode_max_tokens": true}'
        self.serve("some-body/max")
        self.says(
            self.get("some-body/max"), 1, "1_Pooling/config.json: max pooling is not supported, only cls and mean"
        )
        self.says(self.get("some-body/max", "--pool", "mean"), 0, "with --pool mean the vectors are not")
        self.says(self.get("some-body/max", "--pool", "max"), 2, "--pool takes cls or mean")
        for wrong in ("roberta", "../x", "a/b/c", "a/..%2f"):
            self.says(self.get(wrong), 2, "is none of")
        self.says(self.get("--revision", "../../x"), 2, "is no revision")

    def test_sentence_transformers(self):
        """Fetched is what modules.json names; what it means, convert says."""
        self.files["modules.json"] = modules(
            ("Transformer", ""), ("Pooling", "2_Pooling"), ("Normalize", "3_Normalize")
        )
        self.files["2_Pooling/config.json"] = (
            b'{"embedding_dimension": 32, "pooling_mode": "mean", "include_prompt": true}'
        )
        self.files["tokenizer_config.json"] = b'{"do_lower_case": true, "model_max_length": 30}'
        self.serve("some-body/new")
        done = self.get("some-body/new")
        self.says(done, 0, "2_Pooling/config.json: ")
        self.assertIn("mean pooling, at most 30 tokens", done.stdout)
        self.assertIn("pooling as 2_Pooling/config.json says, length as tokenizer_config.json says", done.stdout)
        self.files["sentence_bert_config.json"] = b'{"max_seq_length": 16}'
        self.serve("some-body/old")
        self.assertIn("mean pooling, at most 16 tokens", self.get("some-body/old").stdout)
        self.assertIn("cls pooling, at most 16 tokens", self.get("some-body/old", "--pool", "cls").stdout)
        self.files["modules.json"] = modules(("Transformer", ""), ("Pooling", "2_Pooling"), ("Dense", "3_Dense"))
        self.serve("some-body/dense")
        self.says(self.get("some-body/dense"), 1, "modules.json: module 2 is Dense: the embedding is not BERT alone")

    def test_bert_in_a_folder(self):
        self.files = {f"0_BERT/{name}": content for name, content in self.files.items()}
        self.files["modules.json"] = modules(("BERT", "0_BERT"), ("Pooling", "1_Pooling"))
        self.files["1_Pooling/config.json"] = b'{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}'
        self.serve("some-body/folder")
        done = self.get("some-body/folder")
        self.says(done, 0, "0_BERT/pytorch_model.bin: ")
        self.assertIn("cls pooling, at most 40 tokens", done.stdout)
        self.says(self.get("some-body/folder", HF_HUB_OFFLINE="1"), 0, "using what is in")
        blob = (self.cache / "snapshots" / self.hub.commit / "0_BERT" / "pytorch_model.bin").resolve()
        blob.write_bytes(bytes(blob.stat().st_size))
        self.says(self.get("some-body/folder", HF_HUB_OFFLINE="1"), 1, "is damaged")
        # Nothing outside the repository is asked for, and no such folder is converted.
        self.files.update(files_of("tiny-zip"))
        for wrong in ("../../other", "/etc", "a/../../b"):
            self.files["modules.json"] = modules(("BERT", wrong), ("Pooling", wrong))
            self.serve("some-body/wrong")
            self.says(self.get("some-body/wrong"), 1, f"the path {wrong} is not below this folder")
            self.assertFalse(any(wrong in path for _, path, _ in self.hub.site.requests))
        self.files["modules.json"] = b"[" * 100000
        self.serve("some-body/deep")
        self.says(self.get("some-body/deep"), 1, "modules.json: ")

    def test_what_others_have_fetched(self):
        """A snapshot without modules.json may be one from which it was left out."""
        self.files["modules.json"] = modules(("Transformer", ""), ("Pooling", "1_Pooling"))
        self.files["1_Pooling/config.json"] = b'{"pooling_mode": "mean"}'
        self.says(self.get(), 0, "modules.json: ")
        (self.cache / "snapshots" / self.hub.commit / "modules.json").unlink()
        part = self.get(HF_HUB_OFFLINE="1")
        self.says(part, 0, "not all files were asked for when that was fetched")
        self.assertIn("at most 40 tokens", part.stdout)
        done = self.get("--revision", self.hub.commit)
        self.assertIn("pooling as 1_Pooling/config.json says", done.stdout)
        self.assertTrue((self.cache / "snapshots" / self.hub.commit / "modules.json").exists())
        self.assertNotIn("not all files", self.get(HF_HUB_OFFLINE="1").stderr)

    def test_renamed_repository(self):
        self.hub.spoil.append(
            on("hub", "config.json", instead(307, Location="/old-name/resolve/main/config.json"), "HEAD")
        )
        self.says(self.get(), 0, "next")

    def test_broken_connection_goes_on(self):
        self.hub.spoil += [on("cdn", "pytorch_model.bin", cut(5000)), on("cdn", "pytorch_model.bin", cut(7000))]
        self.says(self.get(), 0, "broke off after 12,000 of")
        self.assertEqual(self.ranges(), ["bytes=5000-", "bytes=12000-"])

    def test_interrupted_run_goes_on(self):
        size = len(self.files["pytorch_model.bin"])
        hold = lambda status, headers, body: (time.sleep(3), (status, headers, body))[1]
        self.hub.spoil += [on("cdn", "pytorch_model.bin", cut(size // 2)), on("cdn", "pytorch_model.bin", hold)]
        run = subprocess.Popen(
            ["/usr/bin/env", "python3", TOOLS / "fetch" / "checkpoint.py", "--pause", "0.01"],
            env=environment(HF_ENDPOINT=self.hub.site.url, HF_HOME=str(self.place / "home")), stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        until = time.monotonic() + 20
        while len(self.hub.cdn.requests) < 2 and time.monotonic() < until:
            time.sleep(0.01)
        run.send_signal(signal.SIGINT)
        self.assertIn("the same command goes on from here", run.communicate()[1])
        self.assertEqual(run.returncode, 130)
        (part,) = (self.cache / "blobs").glob("*.incomplete")
        self.assertEqual(part.stat().st_size, size // 2)
        self.says(self.get(), 0, f"pytorch_model.bin: going on after {size // 2:,} of {size:,} bytes")
        self.assertEqual(self.ranges()[-1], f"bytes={size // 2}-")

    def test_no_ranges(self):
        whole = lambda status, headers, body: (200, {}, self.files["pytorch_model.bin"])
        self.hub.spoil += [on("cdn", "pytorch_model.bin", cut(5000)), on("cdn", "pytorch_model.bin", whole)]
        self.says(self.get(), 0, "next")

    def test_expired_address_and_busy_server(self):
        self.hub.spoil += [
            on("hub", "config.json", instead(429, Retry_After="0"), "HEAD"),
            on("hub", "config.json", instead(503), "HEAD"),
            on("cdn", "pytorch_model.bin", instead(403)),
            on("cdn", "pytorch_model.bin", instead(500)),
        ]
        done = self.get()
        self.says(done, 0, "answers 429 Too Many Requests; trying again in 0 s")
        self.assertIn("refuses pytorch_model.bin (403)", done.stderr)

    def test_wrong_hash_once(self):
        self.hub.spoil.append(on("cdn", "pytorch_model.bin", swapped))
        self.says(self.get(), 0, "pytorch_model.bin: the hash is wrong; fetching it once more")

    def test_wrong_hash_twice(self):
        for where, name in (("cdn", "pytorch_model.bin"), ("hub", "config.json")):
            self.hub.spoil += [on(where, name, swapped), on(where, name, swapped)]
            self.says(self.get(), 1, f"{name} came twice with another hash than the hub says")
            self.nothing_made()
            self.assertEqual(list((self.cache / "blobs").glob("*.incomplete")), [])
            shutil.rmtree(self.cache)

    def test_wrong_size(self):
        self.hub.spoil.append(on("cdn", "pytorch_model.bin", lambda s, h, body: (s, h, body[:-1])))
        self.says(self.get(), 1, "bytes, but 127.0.0.1")

    def test_other_range_than_asked(self):
        def other(status, headers, body):
            return 206, {**headers, "Content-Range": f"bytes 0-{len(body) - 1}/{len(body) + 5000}"}, body

        self.hub.spoil += [on("cdn", "pytorch_model.bin", cut(5000)), on("cdn", "pytorch_model.bin", other)]
        self.says(self.get(), 1, "not as bytes 5000-")

    def test_web_page_as_200(self):
        page = instead(200, b"<html>Please log in</html>", Content_Type="text/html; charset=utf-8")
        self.hub.spoil.append(on("cdn", "pytorch_model.bin", page))
        self.says(self.get(), 1, "sends a web page instead of pytorch_model.bin")
        self.hub.spoil.append(on("hub", "config.json", page, "HEAD"))
        self.says(self.get(), 1, "answers with a web page, not as the hub does")
        self.nothing_made()

    def test_refusals(self):
        head = lambda change: self.hub.spoil.append(on("hub", "config.json", change, "HEAD"))
        self.says(
            self.get("no-body/nothing"),
            1,
            "does not exist or is private (401): check the name; if it is private, set HF_TOKEN",
        )
        self.says(self.get("no-body/nothing", HF_TOKEN="hf_old"), 1, "renew or unset the token in HF_TOKEN")
        self.says(self.get("--revision", "v9"), 1, "has no revision v9")
        head(instead(403, X_Error_Code="GatedRepo"))
        self.says(self.get(), 1, "is not open to everybody (403): accept its terms")
        head(instead(404))
        del self.files["config.json"]
        self.says(self.get(), 1, "has no config.json; is there such a repository?")
        self.says(self.get(HF_HUB_OFFLINE="1"), 1, "HF_HUB_OFFLINE is set, and")
        self.says(
            self.get(HF_ENDPOINT="http://127.0.0.1:9"),
            1,
            "127.0.0.1:9 cannot be reached ([Errno 111] Connection refused)",
        )
        self.says(self.get(HF_ENDPOINT="ftp://hub"), 1, "is not an address of the web")
        self.says(self.get(HF_TOKEN="a b"), 1, "HF_TOKEN is not a token")
        self.says(self.get(all_proxy="socks5://127.0.0.1:9"), 1, "only HTTP proxies can be used")
        self.nothing_made()

    def test_weights_in_pieces(self):
        del self.files["pytorch_model.bin"]
        self.says(self.get(), 1, "has no model.safetensors and no pytorch_model.bin, so it is no BERT")
        self.files["model.safetensors.index.json"] = b"{}"
        self.says(self.get(), 1, "only weights split into several files: join them")

    def test_full_disk(self):
        huge = lambda status, headers, body: (status, {**headers, "X-Linked-Size": str(10**17)}, body)
        self.hub.spoil.append(on("hub", "pytorch_model.bin", huge, "HEAD"))
        self.says(self.get(), 1, "needs 100,000,000,000,000,000 bytes, and")
        # A disk that fills up on the way: here, files may not grow over 8 KiB.
        command = f'ulimit -f 8; "{TOOLS}/get-scibert.sh"'
        environ = environment(HF_ENDPOINT=self.hub.site.url, HF_HOME=str(self.place / "home"))
        done = subprocess.run(["bash", "-c", command], cwd=self.place, env=environ, capture_output=True, text=True)
        self.says(done, 1, "what has arrived is kept for the next run")
        self.says(self.get(), 0, "pytorch_model.bin: going on after 8,192 of")
        self.says(self.get(HF_HOME="/proc/nowhere"), 1, "/proc/nowhere")
        self.says(self.get("-o", "no/where"), 1, "no/where cannot be written there")

    def test_proxy(self):
        done = self.get(HF_ENDPOINT="http://hub.example", http_proxy=self.hub.site.url, no_proxy="127.0.0.1")
        self.says(done, 0, "next")
        self.assertTrue(all(path.startswith("http://hub.example/") for _, path, _ in self.hub.site.requests))


if __name__ == "__main__":
    unittest.main()
