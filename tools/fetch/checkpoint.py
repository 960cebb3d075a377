"""Fetches a checkpoint from the Hugging Face hub into the hub's own cache; what tools/get-scibert.sh runs.

    checkpoint.py [scibert|specter|scincl|OWNER/NAME] [--revision R]

Prints four lines: the folder of the checkpoint, the repository, the commit, and what part of a paper
such a model reads (abstract or title-abstract). Everything else goes to stderr. What the files mean,
how the model pools and how long its texts are, is for `refscout convert` alone to say.

What the hub tells about a file stands in its first answer, before it redirects to where the bytes are:
the commit, the size, and an ETag that is the hash of the content: SHA-256 for large files, git's SHA-1
of a blob for small ones. The cache is laid out as huggingface_hub does it, which finds our files and
whose files we find:

    models--OWNER--NAME/refs/main              the commit of a branch or tag
    models--OWNER--NAME/blobs/ETAG             contents; ETAG.incomplete while on their way
    models--OWNER--NAME/snapshots/COMMIT/FILE  links to these
    models--OWNER--NAME/.no_exist/COMMIT/FILE  empty: the hub was asked, and has no such file

Environment: HF_ENDPOINT, HF_HOME, HF_HUB_CACHE, HF_TOKEN, HF_TOKEN_PATH, HF_HUB_OFFLINE as there.
"""

import argparse
import fcntl
import hashlib
import json
import os
import pathlib
import re
import shutil
import sys
import urllib.parse

import web
from web import Again, Failure, Unreachable

TOOL = "get-scibert"
KNOWN = {  # name -> repository, what of a paper it was trained to read
    "scibert": ("allenai/scibert_scivocab_uncased", "abstract"),
    "specter": ("allenai/specter", "title-abstract"),
    "scincl": ("malteos/scincl", "title-abstract"),
}
# Beside the BERT; modules.json, where there is one, says which folder that is.
OPTIONAL = ("special_tokens_map.json", "tokenizer_config.json", "sentence_bert_config.json")
CHOICES = (("config.json",), ("vocab.txt", "tokenizer.json"), ("model.safetensors", "pytorch_model.bin"))
BELOW = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)*", re.ASCII)
COMMIT = re.compile(r"[0-9a-f]{40}")
CHUNK_BYTES = 1 << 20


def say(text):
    print(f"{TOOL}: {text}", file=sys.stderr)


# ---- Settings


def setting(name, default):
    return os.path.expandvars(os.path.expanduser(os.environ.get(name) or default))


def hub_home():
    return setting("HF_HOME", os.path.join(setting("XDG_CACHE_HOME", "~/.cache"), "huggingface"))


def hub_cache():
    return pathlib.Path(setting("HF_HUB_CACHE", setting("HUGGINGFACE_HUB_CACHE", os.path.join(hub_home(), "hub"))))


def is_offline():
    wish = os.environ.get("HF_HUB_OFFLINE") or os.environ.get("TRANSFORMERS_OFFLINE") or ""
    return wish.upper() in ("1", "ON", "YES", "TRUE")


def hub_token():
    """The user's own, from where huggingface_hub has it; None when there is none."""
    token = os.environ.get("HF_TOKEN")
    if token is None and not os.environ.get("HF_HUB_DISABLE_IMPLICIT_TOKEN"):
        try:
            token = pathlib.Path(setting("HF_TOKEN_PATH", os.path.join(hub_home(), "token"))).read_text()
        except OSError:
            pass
    token = (token or "").strip()
    if not token.isascii() or any(c.isspace() for c in token):
        raise Failure("HF_TOKEN is not a token: it has blanks or letters that tokens do not have")
    return token or None


# ---- Contents and their hashes


def hash_of(path, size, etag):
    """The hash that the ETag is of, as hex digits; None when the ETag is no hash."""
    if re.fullmatch(r"[0-9a-f]{64}", etag):
        digest = hashlib.sha256()
    elif re.fullmatch(r"[0-9a-f]{40}", etag):
        digest = hashlib.sha1(b"blob %d\0" % size)
    else:
        return None
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def is_whole(path, size, etag):
    return path.is_file() and path.stat().st_size == size and hash_of(path, size, etag) in (etag, None)


# ---- The hub


class Hub:
    """One repository at one revision."""

    def __init__(self, repository, revision, pause_s):
        self.endpoint = setting("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
        self.host = urllib.parse.urlsplit(self.endpoint).netloc.rpartition("@")[2]
        self.repository, self.revision, self.pause_s = repository, revision, pause_s
        self.commit = None
        self.token = hub_token()
        self.web = web.Web(TOOL)

    def address(self, name):
        revision = urllib.parse.quote(self.commit or self.revision, safe="")
        return f"{self.endpoint}/{self.repository}/resolve/{revision}/{name}"

    def headers(self, url, more=None):
        """The token is for the hub alone, not for where it redirects to."""
        headers = dict(more or {})
        if self.token and urllib.parse.urlsplit(url).netloc.rpartition("@")[2] == self.host:
            headers["Authorization"] = f"Bearer {self.token}"
        return headers

    def refuse(self, response, name):
        """The sentence for a status that is neither the file nor a redirect; None: the hub has no such file."""
        status, code = response.status, response.headers.get("X-Error-Code", "")
        place = f"{self.repository} on {self.host}"
        if code == "EntryNotFound" or (status == 404 and not code):
            return None
        if code == "RevisionNotFound":
            raise Failure(f"{place} has no revision {self.revision}")
        if code == "GatedRepo" or status == 403:
            raise Failure(
                f"{place} is not open to everybody ({status}): accept its terms on the site, and set HF_TOKEN to a "
                "token of an account that has"
            )
        if code == "RepoNotFound" or status == 401:
            way = "renew or unset the token in HF_TOKEN" if self.token else "if it is private, set HF_TOKEN"
            raise Failure(f"{place} does not exist or is private ({status}): check the name; {way}")
        raise Failure(f"{place}: {name} is answered with {status} {response.reason}")

    def describe_once(self, name):
        url, headers = self.address(name), {}
        for _ in range(6):
            with self.web.request("HEAD", url, self.headers(url)) as response:
                web.again_if_busy(response, self.host)
                headers.update({key.lower(): value for key, value in response.headers.items()})
                if response.status >= 400:
                    return self.refuse(response, name)
                if response.status == 200 or {"x-linked-etag", "x-linked-size"} <= headers.keys():
                    return self.read_description(response, headers, name)
                if response.status < 300 or "location" not in headers:
                    return self.refuse(response, name)
                url = urllib.parse.urljoin(url, headers.pop("location"))
        raise Failure(f"{self.host}: {name} is redirected in circles")

    def read_description(self, response, headers, name):
        commit = headers.get("x-repo-commit", "")
        etag = (headers.get("x-linked-etag") or headers.get("etag") or "").removeprefix("W/").strip('"')
        size = headers.get("x-linked-size") or (headers.get("content-length") if response.status == 200 else None) or ""
        if not COMMIT.fullmatch(commit):
            what = "a web page" if headers.get("content-type", "").startswith("text/html") else "something else"
            raise Failure(
                f"{self.endpoint} answers with {what}, not as the hub does: look at HF_ENDPOINT, or whether the network "
                "wants you to log in first"
            )
        if not re.fullmatch(r"[0-9A-Za-z._-]{1,128}", etag) or not re.fullmatch(r"[0-9]{1,18}", size):
            raise Failure(f"{self.host} does not tell size and hash of {name}; is HF_ENDPOINT a hub?")
        if self.commit and commit != self.commit:
            raise Failure(f"{self.host} answers with commit {commit} when asked for {self.commit}")
        self.commit = commit
        return int(size), etag

    def describe(self, name):
        """(size, ETag) of a file, None when there is none. The first call settles the commit."""
        retries = web.Retries(say, self.pause_s)
        while True:
            try:
                return self.describe_once(name)
            except Again as again:
                retries.wait(again)

    # Which content it is stands in the name of the part, and its hash is checked at the end. So a
    # range needs no If-Range, which could not work: the server of the bytes has ETags of its own.
    def receive_once(self, name, part, size, progress):
        """Appends to the part until it is `size` bytes; each try asks the hub anew, as its redirects expire."""
        have = part.stat().st_size if part.exists() else 0
        url = self.address(name)
        for _ in range(8):
            with self.web.request(
                "GET", url, self.headers(url, {"Range": f"bytes={have}-"} if have else {})
            ) as response:
                if response.status in (301, 302, 303, 307, 308) and response.headers.get("Location"):
                    url = urllib.parse.urljoin(url, response.headers["Location"])
                    continue
                return self.write(response, url, name, part, have, size, progress)
        raise Failure(f"{self.host}: {name} is redirected in circles")

    def write(self, response, url, name, part, have, size, progress):
        host = urllib.parse.urlsplit(url).netloc.rpartition("@")[2]
        web.again_if_busy(response, host)
        if response.status == 416:
            part.unlink(missing_ok=True)
            raise Again(f"{host} has no such range of {name}")
        if response.status == 403 and host != self.host:
            raise Again(f"{host} refuses {name} (403)")
        if response.status not in (200, 206):
            if self.refuse(response, name) is None:
                raise Failure(f"{host} does not have {name}, which {self.host} names (404)")
        if response.headers.get("Content-Type", "").startswith("text/html"):
            raise Failure(
                f"{host} sends a web page instead of {name}: look at HF_ENDPOINT and at the proxy, or whether the network "
                "wants you to log in first"
            )
        if response.status == 206:
            wanted = f"bytes {have}-{size - 1}/{size}"
            if response.headers.get("Content-Range") != wanted:
                raise Failure(f"{host}: {name} comes as {response.headers.get('Content-Range')}, not as {wanted}")
        else:
            have = 0
            length = response.headers.get("Content-Length")
            if length is not None and length != str(size):
                raise Failure(f"{host}: {name} is {length} bytes, but {self.host} says {size}")
        with open(part, "ab" if have else "wb") as file:
            while chunk := response.read(CHUNK_BYTES):
                file.write(chunk)
                have += len(chunk)
                if have > size:
                    break
                progress.show(have, size)
        if have > size:
            part.unlink()
            raise Failure(f"{host}: {name} is longer than the {size} bytes that {self.host} says")
        if have < size:
            raise Again(f"{name} broke off after {have:,} of {size:,} bytes")

    def receive(self, name, part, size):
        have = part.stat().st_size if part.exists() else 0
        if have > size:
            part.unlink()
            have = 0
        free = shutil.disk_usage(part.parent).free
        if free < size - have:
            raise Failure(
                f"{part.parent}: {name} needs {size - have:,} bytes, and {free:,} are free; make room, or set HF_HOME to "
                "a folder elsewhere"
            )
        if have:
            say(f"{name}: going on after {have:,} of {size:,} bytes")
        retries = web.Retries(say, self.pause_s)
        progress = web.Progress(TOOL, f"{name}: ", "bytes", have)
        while have < size or not part.exists():
            try:
                self.receive_once(name, part, size, progress)
                have = size
            except Again as again:
                progress.clear()
                now = part.stat().st_size if part.exists() else 0
                if now > have:
                    retries.worked()
                have = now
                retries.wait(again)
        progress.clear()


# ---- Which files there are


class Layout:
    """Names of the files by what modules.json says, or without it. A folder that is not below the repository, or
    a modules.json that is none, is left for refscout convert to refuse."""

    def __init__(self, modules):
        folders = ["", "1_Pooling"]
        try:
            for i, module in enumerate(json.loads(modules)[:2]):
                folders[i] = module["path"] if module["path"] and BELOW.fullmatch(module["path"]) else ""
        except (ValueError, TypeError, KeyError, RecursionError):
            pass
        bert, pooling = (f"{folder}/" if folder else "" for folder in folders)
        self.choices = [[bert + name for name in names] for names in CHOICES]
        self.optional = ["modules.json", "config_sentence_transformers.json", *(bert + name for name in OPTIONAL)]
        if pooling:
            self.optional.append(pooling + "config.json")


# ---- The cache


class Cache:
    def __init__(self, repository):
        self.folder = hub_cache() / ("models--" + repository.replace("/", "--"))
        self.locks = hub_cache() / ".locks" / self.folder.name

    def snapshot(self, commit):
        return self.folder / "snapshots" / commit

    def layout(self, commit):
        try:
            return Layout((self.snapshot(commit) / "modules.json").read_bytes())
        except FileNotFoundError:
            return Layout(b"[]")

    def was_asked(self, commit):
        """Whether it is known of every file that it is here, or that the hub has none."""
        lacking = self.folder / ".no_exist" / commit
        return all(
            any((place / name).exists() for place in (self.snapshot(commit), lacking))
            for name in self.layout(commit).optional
        )

    def known(self, revision):
        """The commit of a revision whose files are all here; None otherwise."""
        commit = revision
        if not COMMIT.fullmatch(revision):
            try:
                commit = (self.folder / "refs" / revision).read_text().strip()
            except OSError:
                return None
        place = self.snapshot(commit)
        if not COMMIT.fullmatch(commit):
            return None
        if not all(any((place / n).exists() for n in names) for names in self.layout(commit).choices):
            return None
        for path in place.rglob("*"):
            if (
                path.is_symlink()
                and path.is_file()
                and hash_of(path, path.stat().st_size, path.resolve().name)
                not in (
                    path.resolve().name,
                    None,
                )
            ):
                say(f"{path.resolve()} is damaged, and not used")
                return None
        return commit

    def add(self, hub, name, size, etag):
        """Fetches the content unless it is here, and links it into the snapshot."""
        blob = self.folder / "blobs" / etag
        part = blob.with_name(f"{etag}.incomplete")
        for folder in (blob.parent, self.locks):
            folder.mkdir(parents=True, exist_ok=True)
        with open(self.locks / f"{etag}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if blob.exists() and not is_whole(blob, size, etag):
                say(f"{blob} is damaged; fetching it anew")
                blob.unlink()
            if not blob.exists():
                self.fetch(hub, name, size, etag, part)
                os.replace(part, blob)
        link = self.snapshot(hub.commit) / name
        link.parent.mkdir(parents=True, exist_ok=True)
        target = os.path.relpath(blob, link.parent)
        if not link.is_symlink() or os.readlink(link) != target:
            temporary = link.with_name(f".{link.name}.{os.getpid()}")
            os.symlink(target, temporary)
            os.replace(temporary, link)

    def fetch(self, hub, name, size, etag, part):
        for final in (False, True):
            hub.receive(name, part, size)
            found = hash_of(part, size, etag)
            if found == etag:
                say(f"{name}: {size:,} bytes, hash as the hub says")
                return
            if found is None:
                say(f"{name}: {size:,} bytes; the hub gives no hash, so only the size was checked")
                return
            part.unlink()
            if final:
                raise Failure(
                    f"{name} came twice with another hash than the hub says ({found} instead of {etag}): something between "
                    "here and there changes it; try another network or HF_ENDPOINT"
                )
            say(f"{name}: the hash is wrong; fetching it once more")

    def lacks(self, commit, name):
        path = self.folder / ".no_exist" / commit / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    def remember(self, revision, commit):
        if revision == commit:
            return
        path = self.folder / "refs" / revision
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(commit)


# ---- All of it


def take(hub, cache, name):
    """Fetches a file. False when the hub has none of that name."""
    description = hub.describe(name)
    if description:
        cache.add(hub, name, *description)
    elif hub.commit:
        cache.lacks(hub.commit, name)
    return description is not None


def fetch(hub, cache):
    # config.json first: nearly every repository has it, and the first file settles the commit.
    taken = {name: take(hub, cache, name) for name in ("config.json", "modules.json")}
    layout = cache.layout(hub.commit) if hub.commit else Layout(b"[]")
    for names in layout.choices:
        if not any(taken[name] if name in taken else take(hub, cache, name) for name in names):
            way = (
                "; is there such a repository?" if hub.commit is None else ", so it is no BERT that refscout could read"
            )
            if hub.commit and hub.describe(names[0] + ".index.json"):
                way = ", only weights split into several files: join them with save_pretrained(), then refscout convert"
            raise Failure(f"{hub.repository} on {hub.host} has no {' and no '.join(names)}{way}")
    for name in layout.optional:
        if name not in taken:
            take(hub, cache, name)


def use(cache, commit, why):
    say(why)
    if not cache.was_asked(commit):  # another program fetched what it needed itself
        say("not all files were asked for when that was fetched, and others may say how the model pools")
    return commit


def locate(name, revision, cache, hub):
    """Fetches, or finds what is here already; returns the commit."""
    known = cache.known(revision) if is_offline() or COMMIT.fullmatch(revision) else None
    if known and (is_offline() or cache.was_asked(known)):
        return use(cache, known, f"using what is in {cache.snapshot(known)}")
    if is_offline():
        raise Failure(f"HF_HUB_OFFLINE is set, and {cache.folder} does not hold a whole {name}; unset it to fetch it")
    try:
        fetch(hub, cache)
    except Unreachable as failure:
        known = cache.known(revision)
        if not known:
            raise
        return use(cache, known, f"{failure}; using what was fetched before, commit {known}")
    cache.remember(revision, hub.commit)
    return hub.commit


def read_arguments():
    parser = argparse.ArgumentParser(prog=TOOL, usage="%(prog)s [scibert|specter|scincl|OWNER/NAME] [options]")
    parser.add_argument("name", nargs="?", default="scibert")
    parser.add_argument("--revision", default="main")
    parser.add_argument("--pause", type=float, default=1)  # seconds before the second try
    arguments = parser.parse_args()
    if arguments.name not in KNOWN and not re.fullmatch(r"[\w-][\w.-]*/[\w-][\w.-]*", arguments.name, re.ASCII):
        parser.error(f'"{arguments.name}" is none of {", ".join(KNOWN)}, and not OWNER/NAME')
    if not BELOW.fullmatch(arguments.revision):
        parser.error(f'"{arguments.revision}" is no revision: a branch, a tag or a commit is expected')
    return arguments


def run():
    arguments = read_arguments()
    by_repository = {known[0]: known for known in KNOWN.values()}
    repository, text = {**KNOWN, **by_repository}.get(arguments.name, (arguments.name, "abstract"))
    cache = Cache(repository)
    try:
        hub = Hub(repository, arguments.revision, arguments.pause)
        commit = locate(repository, arguments.revision, cache, hub)
    except OSError as error:
        where = error.filename or cache.folder
        raise Failure(f"{where}: {error.strerror}; what has arrived is kept for the next run") from error
    print(cache.snapshot(commit), repository, commit, text, sep="\n")


if __name__ == "__main__":
    web.main(TOOL, run)
