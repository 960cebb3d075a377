"""Fetches papers from bioRxiv's or medRxiv's public API into a corpus; what tools/get-biorxiv.sh runs.

    biorxiv.py --from DATE [--to DATE] [--category NAME] [--server biorxiv|medrxiv] [-o FILE]
               [--rate N] [--pause S] [--api URL]

Pages arrive in FILE.part, one line each, so that a stopped run goes on at its last page. When all are
there, versions are merged, names split, and FILE is written at once: JSON Lines as refscout embed reads
them, packed when the name ends in .gz or .xz.

The API: URL/details/SERVER/FROM/TO/CURSOR?category=NAME. `messages` tells the status and how many
records there are, which may grow meanwhile; `collection` holds the next ones, some 100, all versions of
a paper apart. Records: authors "Family, G. N.; …", the corresponding author in full, and of the
institutions that one's alone.
"""

import argparse
import collections
import datetime
import fcntl
import gzip
import html
import json
import lzma
import os
import pathlib
import re
import sys
import time
import urllib.parse

import names

import web
from web import Again, Failure

TOOL = "get-biorxiv"
SERVERS = {"biorxiv": "bioRxiv", "medrxiv": "medRxiv"}
MOST_BYTES = 64 << 20  # of one page; real ones are some 300 kB

# What is left in abstracts of their mark-up: "O_LI … C_LI", small capitals, figures whole, tags.
FIGURE = re.compile(r"O_(FIG|TBL|INLINEFIG)\b.*?C_\1", re.DOTALL)
SMALL_CAPITALS = re.compile(r"[OC]_SCP(?:LOW|CAP)")
MARK = re.compile(r"[OC]_(?:ST_ABS|TEXTBOX|INLINEFIG|FIG|TBL|LST|QD|LI)|</?(?:p|br|title|sec|list|list-item)\s*/?>")
TAG = re.compile(r"</?(?:i|b|em|strong|italic|bold|sub|sup|sc)>", re.IGNORECASE)

KEPT = (
    "doi title abstract authors author_corresponding author_corresponding_institution date version category license "
    "published server"
).split()

NOTICE_BYTES = 400  # a notice of withdrawal says so at its beginning
PAPER = r"(?:manuscript|article|preprint|pre-print|paper|submission|study|work)"
NOTICES = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:this|the|our|their)\s+(?:\w+\s+){{0,2}}{PAPER}\s+(?:has|have|is|was)\s+(?:been\s+|now\s+)*withdrawn\b",
        rf"\b(?:authors?|we|biorxiv|medrxiv)\b[^.]{{0,60}}\b(?:withdrawn?|withdrew|withdrawing)\s+(?:this|the|our|their)\s+(?:\w+\s+)?{PAPER}\b",
        r"^\W*(?:withdrawal statement|withdrawn\b)",
    )
]


def say(text):
    print(f"{TOOL}: {text}", file=sys.stderr)


# ---- One record


def text_of(value):
    """A member as text on one line, without what was left of its mark-up."""
    if not isinstance(value, str):
        return ""
    text = MARK.sub(" ", FIGURE.sub(" ", html.unescape(value)))
    text = " ".join(TAG.sub("", SMALL_CAPITALS.sub("", text)).split())
    return "" if text.upper() in ("NA", "N/A", "NONE", "NULL") else text


def is_withdrawn(record):
    start = text_of(record.get("abstract"))[:NOTICE_BYTES]
    return re.match(r"\W*withdrawn\b", text_of(record.get("title")), re.IGNORECASE) is not None or any(
        notice.search(start) for notice in NOTICES
    )


def version_of(record):
    text = str(record.get("version", "")).strip().lstrip("vV")
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text, re.ASCII) else 0


def category_key(text):
    return " ".join(str(text or "").replace("_", " ").split()).casefold()


def authors_of(record, counts):
    """[{name, institution?}] in the paper's order; the institution is the corresponding author's."""
    authors = [" ".join(name.split()) for name in text_of(record.get("authors")).split(";")]
    authors = [name for name in authors if name.strip(" ,.")]
    entries = [{"name": name} for name in authors]
    who = text_of(record.get("author_corresponding"))
    institution = text_of(record.get("author_corresponding_institution"))
    if not who or not institution:
        counts["without a corresponding author or institution"] += 1
        return entries
    at, several = names.corresponding(authors, who)
    if at is None:
        counts[
            "where several authors fit the corresponding one"
            if several
            else "whose corresponding author is not found among the authors"
        ] += 1
        return entries
    entries[at]["institution"] = institution
    return entries


def first_year(doi, dates):
    """Of the first version: DOIs since 2019 have its date, "10.1101/2020.09.09.290601"."""
    dated = re.search(r"/(20\d\d)\.\d\d\.\d\d\.\d+$", doi)
    years = [int(date[:4]) for date in dates if re.match(r"\d{4}-", date)]
    return min([*years, *([int(dated[1])] if dated else [])], default=None)


def paper_of(versions, counts):
    """The newest version as a record of a corpus, with the year of the first; None when it is left out."""
    newest = max(versions, key=lambda record: (version_of(record), text_of(record.get("date"))))
    if is_withdrawn(newest):
        counts["withdrawn, left out"] += 1
        return None
    paper = {"title": text_of(newest.get("title")), "abstract": text_of(newest.get("abstract"))}
    if not paper["abstract"]:
        counts["without abstract, left out"] += 1
        return None
    paper["authors"] = authors_of(newest, counts)
    doi = newest["doi"].strip()
    paper["doi"] = doi
    paper["date"] = text_of(newest.get("date"))
    paper["year"] = first_year(doi, [text_of(record.get("date")) for record in versions])
    paper["version"] = version_of(newest)
    for member, name in (("category", "category"), ("license", "licence"), ("published", "journal_doi")):
        paper[name] = text_of(newest.get(member))
    paper["source"] = SERVERS.get(text_of(newest.get("server")).casefold(), text_of(newest.get("server")))
    return {name: value for name, value in paper.items() if value or name == "authors"}


def papers_of(records, counts):
    """Records of a run -> papers, in the order in which their first version came."""
    by_doi = collections.OrderedDict()
    for record in records:
        doi = record.get("doi")
        if not isinstance(doi, str) or not doi.strip():
            counts["records without a DOI, left out"] += 1
            continue
        versions = by_doi.setdefault(doi.strip().casefold(), {})
        key = (version_of(record), text_of(record.get("date")))
        versions[key] = record  # a record that paging gave twice counts once
    counts["older versions, merged"] += sum(len(versions) - 1 for versions in by_doi.values())
    made = (paper_of(list(versions.values()), counts) for versions in by_doi.values())
    return [paper for paper in made if paper]


# ---- The part: what has arrived


class Part:
    """FILE.part: the question in its first line, then a page a line; the last may be torn."""

    def __init__(self, path, question):
        self.path, self.question = path, question
        self.cursor, self.records, self.complete = 0, [], False
        self.file = open(path, "r+b" if path.exists() else "xb")
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Failure(f"{path} is being written by another run; wait for it, or stop it") from error
        whole_bytes = self.read()
        self.file.truncate(whole_bytes)
        self.file.seek(whole_bytes)
        if not whole_bytes:
            self.write({"question": self.question})

    def read(self):
        """Takes what is there; returns the bytes of its whole lines."""
        whole_bytes = 0
        with open(self.path, "rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    break
                try:
                    entry = json.loads(line)
                    if number == 1:
                        self.compare(entry["question"])
                    else:
                        self.records += entry["records"]
                        self.cursor, self.complete = entry["cursor"], entry["complete"]
                except (ValueError, KeyError, TypeError) as error:
                    raise Failure(
                        f"{self.path}, line {number}: not as this program writes it; delete the file to begin anew"
                    ) from error
                whole_bytes += len(line)
        return whole_bytes

    def compare(self, old):
        if old["to_is_today"] and self.question["to_is_today"]:
            self.question["to"] = old["to"]  # begun on an earlier day
        if old != self.question:
            was = " ".join(f"{name} {value}" for name, value in old.items() if value and name != "to_is_today")
            raise Failure(
                f"{self.path} is what has arrived for other papers ({was}); fetch those to the end, delete it, or choose another -o"
            )

    def write(self, entry):
        self.file.write(json.dumps(entry, ensure_ascii=False).encode() + b"\n")
        self.file.flush()

    def add(self, records, cursor, complete):
        self.write({"cursor": cursor, "complete": complete, "records": records})
        self.records += records
        self.cursor, self.complete = cursor, complete


# ---- The API


class Api:
    def __init__(self, arguments, question):
        self.web = web.Web(TOOL)
        self.question, self.pause_s = question, arguments.pause
        self.base = arguments.api.rstrip("/")
        self.host = urllib.parse.urlsplit(self.base).netloc
        self.gap_s = 1 / arguments.rate
        self.last = -self.gap_s

    def address(self, cursor):
        q = self.question
        category = f"?category={urllib.parse.quote(q['category'].replace(' ', '_'), safe='')}" if q["category"] else ""
        return f"{self.base}/details/{q['server']}/{q['from']}/{q['to']}/{cursor}{category}"

    def get_once(self, url):
        for _ in range(4):
            time.sleep(max(0.0, self.last + self.gap_s - time.monotonic()))
            self.last = time.monotonic()
            with self.web.request("GET", url, {"Accept": "application/json"}) as response:
                web.again_if_busy(response, self.host)
                if response.status in (301, 302, 307, 308) and response.headers.get("Location"):
                    url = urllib.parse.urljoin(url, response.headers["Location"])
                    continue
                if response.status != 200:
                    raise Failure(f"{url} is answered with {response.status} {response.reason}")
                body = response.read(MOST_BYTES)
                length = response.headers.get("Content-Length")
                if length is not None and length != str(len(body)):
                    raise Again(f"the answer of {self.host} is cut off")
                return body, response.headers.get("Content-Type", "")
        raise Failure(f"{url} is redirected in circles")

    def page_once(self, cursor):
        """(records, total) from the cursor on; total is 0 when there are none."""
        url = self.address(cursor)
        body, kind = self.get_once(url)
        try:
            page = json.loads(body)
            message = page["messages"][0]
            status = str(message["status"])
            records = page.get("collection", [])
            if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
                raise TypeError("collection")
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            if kind.startswith("text/html") or body.lstrip()[:1] == b"<":
                raise Again(f"{self.host} sends a web page instead of papers") from error
            raise Again(f"the answer of {self.host} is cut off or not JSON as expected") from error
        if status.casefold().startswith("no posts found"):
            return [], cursor
        if status.casefold() != "ok":
            raise Failure(f"{self.host} answers: {status}")
        try:
            total = int(message["total"])
        except (ValueError, KeyError, TypeError) as error:
            raise Again(f"{self.host} does not say how many papers there are") from error
        if not records and cursor < total:
            raise Again(f"{self.host} sends no papers after {cursor:,} of {total:,}")
        return records, total

    def page(self, cursor):
        retries = web.Retries(say, self.pause_s)
        while True:
            try:
                return self.page_once(cursor)
            except Again as again:
                retries.wait(again)


def fetch_all(api, part):
    """Every page from where the part ends. The total may grow on the way: what counts is the latest."""
    wanted = part.question["category"]
    progress = web.Progress(TOOL, "", "papers", part.cursor)
    while not part.complete:
        records, total = api.page(part.cursor)
        progress.clear()
        cursor = part.cursor + len(records)
        # The server's own choice of category is not relied upon.
        kept = [record for record in records if not wanted or category_key(record.get("category")) == wanted]
        kept = [{name: record[name] for name in KEPT if name in record} for record in kept]
        part.add(kept, cursor, not records or cursor >= total)
        progress.show(cursor, total)
    progress.clear()


# ---- The corpus


def write_corpus(path, papers):
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    openers = {".xz": lzma.open, ".gz": gzip.open}
    try:
        with openers.get(path.suffix, open)(temporary, "wt", encoding="utf-8") as file:
            for paper in papers:
                file.write(json.dumps(paper, ensure_ascii=False) + "\n")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def read_arguments():
    def date(text):
        try:
            return datetime.date.fromisoformat(text).isoformat()
        except ValueError:
            raise argparse.ArgumentTypeError(f'"{text}" is no date like 2024-01-31') from None

    def positive(text):
        value = float(text)
        if not 0 < value <= 1000:
            raise ValueError
        return value

    parser = argparse.ArgumentParser(
        prog=TOOL, usage="%(prog)s --from DATE [options], see --help of tools/get-biorxiv.sh"
    )
    parser.add_argument("--from", dest="first", type=date, required=True)
    parser.add_argument("--to", dest="last", type=date)
    parser.add_argument("--category", default="")
    parser.add_argument("--server", choices=SERVERS, default="biorxiv")
    parser.add_argument("-o", dest="output", type=pathlib.Path, default=pathlib.Path("papers.jsonl"))
    parser.add_argument("--rate", type=positive, default=1.0)
    parser.add_argument("--pause", type=float, default=1)
    parser.add_argument("--api", default="https://api.biorxiv.org")
    arguments = parser.parse_args()
    today = datetime.date.today().isoformat()
    if arguments.first > (arguments.last or today):
        parser.error(f"--from {arguments.first} comes after --to {arguments.last or today}")
    question = {
        "server": arguments.server,
        "from": arguments.first,
        "to": arguments.last or today,
        "to_is_today": arguments.last is None,
        "category": category_key(arguments.category),
    }
    return arguments, question


def collect(arguments, question):
    output = arguments.output
    if output.exists():
        raise Failure(f"{output} is there already; delete it, or choose another name with -o")
    part = Part(output.with_name(output.name + ".part"), question)
    if part.cursor:
        say(f"going on after {part.cursor:,} papers")
    try:
        fetch_all(Api(arguments, question), part)
    except BaseException:
        if not part.cursor:
            part.path.unlink()  # nothing has arrived that another question would throw away
        raise
    counts = collections.Counter()
    papers = papers_of(part.records, counts)
    part.file.close()
    if not papers:
        part.path.unlink()
        category = f' in the category "{question["category"]}"' if question["category"] else ""
        left_out = "".join(f"; {number:,} {what}" for what, number in counts.items() if number)
        raise Failure(
            f"{SERVERS[question['server']]} has no papers from {question['from']} to {question['to']}{category} among "
            f"{part.cursor:,} records{left_out}"
        )
    write_corpus(output, papers)
    part.path.unlink()
    with_institution = sum(any("institution" in author for author in paper["authors"]) for paper in papers)
    say(
        f"{output}: {len(papers):,} papers of {part.cursor:,} records; {with_institution:,} with the corresponding author's institution"
    )
    for what, number in counts.items():
        if number:
            say(f"{number:,} {what}")


def run():
    arguments, question = read_arguments()
    try:
        collect(arguments, question)
    except OSError as error:
        raise Failure(
            f"{error.filename or arguments.output}: {error.strerror}; what has arrived is kept for the next run"
        ) from error


if __name__ == "__main__":
    web.main(TOOL, run)
