"""tools/get-biorxiv.sh against a server that answers as bioRxiv's API does, also on its bad days."""

import json
import os
import re
import signal
import subprocess
import time
import types
import unittest
import urllib.parse

from fetching import GOLDEN, REFSCOUT, TOOLS, Fetching, Site, environment


def record(number, version=1, **more):
    """As the API has them, flaws included."""
    return {
        "doi": f"10.1101/2024.01.{number % 28 + 1:02}.{500000 + number}",
        "title": f"Title {number}",
        "authors": "Doe, J. M.;  Roe, R.; van den Berg, K.",
        "author_corresponding": "Karin van den Berg",
        "author_corresponding_institution": "University of Somewhere ",
        "date": f"2024-01-{number % 28 + 1:02}",
        "version": str(version),
        "type": "new results",
        "license": "cc_by",
        "category": "neuroscience",
        "jatsxml": "https://www.biorxiv.org/content/early/2024/01/01/2024.01.01.500000.source.xml",
        "abstract": f"Abstract {number}.",
        "published": "NA",
        "server": "bioRxiv",
        **more,
    }


class FromBiorxiv(Fetching):
    def setUp(self):
        super().setUp()
        self.records = [record(n) for n in range(25)]
        self.spoil = []
        self.api = Site(self.answer)
        self.addCleanup(self.api.close)

    def answer(self, request):
        if self.spoil:
            changed = self.spoil.pop(0)
            if changed:
                return changed(*self.page(request))
        return self.page(request)

    def page(self, request):
        path, _, query = request.path.partition("?")
        match = re.fullmatch(r"/details/(biorxiv|medrxiv)/(\d{4}-\d\d-\d\d)/(\d{4}-\d\d-\d\d)/(\d+)", path)
        if not match:
            return 404, {}, b"Not found"
        _, first, last, cursor = match.groups()
        category = urllib.parse.parse_qs(query).get("category", [""])[0].replace("_", " ")
        found = [r for r in self.records if first <= r["date"] <= last and category in ("", r["category"])]
        shown = found[int(cursor) : int(cursor) + 10]
        message = {"status": "ok", "category": category or "all", "interval": f"{first}:{last}", "cursor": cursor}
        message |= {"count": len(shown), "count_new_papers": str(len(found)), "total": str(len(found))}
        if not shown:
            message = {"status": "no posts found"}
        return (
            200,
            {"Content-Type": "application/json"},
            json.dumps({"messages": [message], "collection": shown}).encode(),
        )

    def get(self, *arguments, **environ):
        arguments = ("--from", "2024-01-01", "--to", "2024-01-31", *arguments)
        return self.run_tool("get-biorxiv.sh", "--api", self.api.url, "--rate", "1000", *arguments, **environ)

    def papers(self, name="papers.jsonl"):
        return [json.loads(line) for line in (self.place / name).read_text(encoding="utf-8").splitlines()]

    def cursors(self):
        return [int(path.partition("?")[0].rpartition("/")[2]) for _, path, _ in self.api.requests]

    def test_pages(self):
        self.says(
            self.get(), 0, "papers.jsonl: 25 papers of 25 records; 25 with the corresponding author's institution"
        )
        papers = self.papers()
        self.assertEqual([paper["title"] for paper in papers], [r["title"] for r in self.records])
        self.assertEqual(
            papers[3],
            {
                "title": "Title 3",
                "abstract": "Abstract 3.",
                "authors": [
                    {"name": "Doe, J. M."},
                    {"name": "Roe, R."},
                    {"name": "van den Berg, K.", "institution": "University of Somewhere"},
                ],
                "doi": "10.1101/2024.01.04.500003",
                "date": "2024-01-04",
                "year": 2024,
                "version": 1,
                "category": "neuroscience",
                "licence": "cc_by",
                "source": "bioRxiv",
            },
        )
        self.assertEqual(self.cursors(), [0, 10, 20])
        self.assertTrue(
            all(headers["User-Agent"].startswith("refscout-get-biorxiv/") for _, _, headers in self.api.requests)
        )
        self.assertEqual(os.listdir(self.place), ["papers.jsonl"])
        self.says(self.get(), 1, "papers.jsonl is there already")

    def test_refscout_reads_it(self):
        self.says(self.get("-o", "papers.jsonl.xz"), 0, "25 papers")
        model = self.place / "model"
        subprocess.run([REFSCOUT, "convert", GOLDEN / "tiny-zip", "-o", model], check=True, capture_output=True)
        command = [REFSCOUT, "embed", "--model", model, self.place / "papers.jsonl.xz", "-o", self.place / "index"]
        done = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("25 papers", done.stdout + done.stderr)

    def test_category(self):
        self.records += [record(n, category="cell biology") for n in range(25, 28)]
        self.says(self.get("--category", "Cell_Biology"), 0, "3 papers of 3 records")
        self.assertIn("?category=cell_biology", self.api.requests[0][1])
        # A server that does not know the parameter sends everything.
        self.spoil = [lambda *_: self.page(types.SimpleNamespace(path="/details/biorxiv/2024-01-01/2024-01-31/0"))]
        self.records = self.records[20:]
        self.says(self.get("--category", "cell biology", "-o", "b.jsonl"), 0, "b.jsonl: 3 papers of 8 records")

    def test_versions(self):
        doi = "10.1101/123456"
        self.records = [
            record(1, 1, doi=doi, title="Early", date="2023-12-30"),
            record(2, 2, doi=doi, title="Later", date="2024-01-02"),
            record(3, 10, doi=doi.upper(), title="Latest", date="2024-01-03"),
            record(4, 3, doi="10.1101/2020.05.05.123456", title="Third version", date="2024-01-04"),
            record(5),
            record(5),
        ]
        done = self.run_tool(
            "get-biorxiv.sh", "--api", self.api.url, "--rate", "1000", "--from", "2023-12-01", "--to", "2024-01-31"
        )
        self.says(done, 0, "3 papers of 6 records")
        self.assertIn("2 older versions, merged", done.stderr)
        shown = [(p["title"], p["year"], p["date"], p["version"]) for p in self.papers()]
        self.assertEqual(
            shown,
            [
                ("Latest", 2023, "2024-01-03", 10),
                ("Third version", 2020, "2024-01-04", 3),
                ("Title 5", 2024, "2024-01-06", 1),
            ],
        )

    def test_withdrawn(self):
        notices = [
            "The authors have withdrawn their manuscript owing to massive revision and data validation.",
            "This manuscript has been withdrawn by bioRxiv as it was posted without the consent of all authors.",
            "bioRxiv has withdrawn this article because of a duplicate.",
            "We wish to state that the authors have now withdrawn this preprint.",
            "Withdrawal statement: see the full text.",
        ]
        kept = [
            "Morphine withdrawal changes the nucleus accumbens; patients were withdrawn from the study.",
            "We withdrew blood. The authors of this study show that attention is withdrawn from pain.",
        ]
        self.records = [record(n, abstract=text) for n, text in enumerate(notices + kept)]
        self.records += [record(10, title="WITHDRAWN: A title"), record(11, abstract="NA"), record(12, abstract="")]
        self.records += [record(13), record(13, 2, abstract=notices[0])]
        done = self.get()
        self.says(done, 0, "2 papers of 12 records")
        self.assertEqual([paper["abstract"] for paper in self.papers()], kept)
        self.assertIn("7 withdrawn, left out", done.stderr)
        self.assertIn("2 without abstract, left out", done.stderr)

    def test_corresponding(self):
        self.records = [
            record(1, authors="Wang, Y.; Li, X.; Wang, Y.", author_corresponding="Yan Wang"),
            record(2, author_corresponding="Nobody Else"),
            record(3, author_corresponding_institution="NA"),
            record(4, authors=" Müller-Lüdenscheidt, É.;", author_corresponding="Elodie Muller Ludenscheidt"),
            record(5, authors="", author_corresponding="Elodie Muller"),
        ]
        done = self.get()
        self.says(done, 0, "5 papers of 5 records; 1 with the corresponding author's institution")
        self.assertIn("1 where several authors fit the corresponding one", done.stderr)
        self.assertIn("2 whose corresponding author is not found among the authors", done.stderr)
        self.assertIn("1 without a corresponding author or institution", done.stderr)
        self.assertEqual(
            self.papers()[3]["authors"], [{"name": "Müller-Lüdenscheidt, É.", "institution": "University of Somewhere"}]
        )
        self.assertFalse(any("institution" in author for n in (0, 1, 2, 4) for author in self.papers()[n]["authors"]))

    def test_marks(self):
        abstract = (
            "O_ST_ABSBackgroundC_ST_ABSWe tested.\n\nHighlightsO_LIRNA and O_SCPLOWDC_SCPLOW-serine.\nC_LIO_LIA net &lt; 5.C_LI"
            ' O_FIG O_LINKSMALLFIG WIDTH=200 SRC="x.gif" ALT="Figure 1"> View larger version (34K): C_FIG <i>End</i>.'
        )
        self.records = [record(1, title=" A\n title ", abstract=abstract)]
        self.says(self.get(), 0, "1 papers")
        (paper,) = self.papers()
        self.assertEqual(paper["title"], "A title")
        self.assertEqual(paper["abstract"], "Background We tested. Highlights RNA and D-serine. A net < 5. End.")

    def test_total_grows(self):
        def grow(*reply):
            self.records += [record(n) for n in range(25, 33)]
            return reply

        self.spoil = [None, grow]
        self.says(self.get(), 0, "33 papers of 33 records")

    def test_bad_days(self):
        part = lambda status, headers, body: (status, headers, body[: len(body) // 2])
        self.spoil = [
            lambda *_: (429, {"Retry-After": "1"}, b""),
            lambda *_: (500, {}, b""),
            part,
            lambda status, headers, body: (status, {**headers, "cut": 100}, body),
            lambda *_: (200, {"Content-Type": "text/html"}, b"<html>Maintenance</html>"),
        ]
        start = time.monotonic()
        done = self.get()
        self.says(done, 0, "25 papers of 25 records")
        self.assertGreaterEqual(time.monotonic() - start, 1)
        for words in ("answers 429", "in 1 s", "answers 500", "cut off or not JSON", "is cut off;", "a web page"):
            self.assertIn(words, done.stderr)
        self.assertEqual(self.cursors(), [0, 0, 0, 0, 0, 0, 10, 20])

    def test_goes_on(self):
        broken = lambda *_: (500, {}, b"")
        self.spoil = [None, None] + [broken] * 6
        self.says(
            self.get(), 1, "answers 500 Internal Server Error, 6 times in a row; run the same command again later"
        )
        self.assertFalse((self.place / "papers.jsonl").exists())
        part = self.place / "papers.jsonl.part"
        with open(part, "ab") as file:
            file.write(b'{"cursor": 30, "complete": true, "rec')  # torn as by a power cut
        self.says(
            self.get("--category", "neuroscience"),
            1,
            "is what has arrived for other papers (server biorxiv from 2024-01-01",
        )
        asked = len(self.api.requests)
        self.says(self.get(), 0, "going on after 20 papers")
        self.assertEqual(self.cursors()[asked:], [20])
        self.assertEqual(len(self.papers()), 25)
        self.assertFalse(part.exists())

    def test_interrupted(self):
        self.spoil = [None, lambda *reply: (time.sleep(3), reply)[1]]
        command = [
            TOOLS / "get-biorxiv.sh",
            "--from",
            "2024-01-01",
            "--to",
            "2024-01-31",
            "--api",
            self.api.url,
            "--rate",
            "1000",
        ]
        run = subprocess.Popen(command, cwd=self.place, env=environment(), stderr=subprocess.PIPE, text=True)
        until = time.monotonic() + 20
        while len(self.api.requests) < 2 and time.monotonic() < until:
            time.sleep(0.01)
        self.says(self.get(), 1, "is being written by another run")
        run.send_signal(signal.SIGINT)
        self.assertIn("stopped; the same command goes on from here", run.communicate()[1])
        self.assertEqual(run.returncode, 130)
        self.says(self.get(), 0, "going on after 10 papers")
        self.assertEqual(len(self.papers()), 25)

    def test_rate(self):
        self.says(self.get("--rate", "5"), 0, "25 papers")
        first, _, third = self.api.times
        self.assertGreaterEqual(third - first, 0.3)  # two gaps of 0.2 s; the first request may have been slow to arrive

    def test_nothing(self):
        self.records = []
        self.says(self.get(), 1, "bioRxiv has no papers from 2024-01-01 to 2024-01-31 among 0 records")
        self.records = [record(1)]
        self.says(self.get("--category", "zoology"), 1, 'in the category "zoology"')
        self.assertEqual(os.listdir(self.place), [])

    def test_refusals(self):
        for arguments, words in (
            (["--from", "2024-02-31"], '"2024-02-31" is no date'),
            (["--from", "2025-01-01"], "comes after"),
            (["--rate", "0"], "--rate"),
            (["--server", "arxiv"], "--server"),
        ):
            self.says(self.get(*arguments), 2, words)
        self.says(self.get("--api", f"{self.api.url}/v2"), 1, "is answered with 404 Not Found")
        self.says(self.get("--api", "http://127.0.0.1:9"), 1, "127.0.0.1:9 cannot be reached")
        self.assertEqual(os.listdir(self.place), [])
        self.says(self.get("-o", "no/where.jsonl"), 1, "no/where.jsonl.part: No such file or directory")
        self.spoil = [lambda *_: (200, {}, b'{"messages": [{"status": "error: bad interval"}]}')]
        self.says(self.get("-o", "e.jsonl"), 1, "answers: error: bad interval")
        self.spoil = [lambda *_: (429, {"Retry-After": "9999"}, b"")]
        self.says(self.get("-o", "e.jsonl"), 1, "asks to wait 9999 s")
        (self.place / "p.jsonl.part").write_text("something else\n")
        self.says(self.get("-o", "p.jsonl"), 1, "p.jsonl.part, line 1: not as this program writes it")
        self.assertEqual((self.place / "p.jsonl.part").read_text(), "something else\n")


if __name__ == "__main__":
    unittest.main()
