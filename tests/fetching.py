"""What the tests of tools/get-scibert.sh and tools/get-biorxiv.sh share: a server on this machine that plays
a site, and running the tools against it. Their command line: TEST.py REFSCOUT [unittest's arguments]."""

import http.server
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time
import unittest

TESTS = pathlib.Path(__file__).resolve().parent
TOOLS = TESTS.parent / "tools"
GOLDEN = TESTS / "golden" / "checkpoints"
REFSCOUT = str(pathlib.Path(sys.argv.pop(1)).resolve())


class Site:
    """answer(request) -> (status, headers, body). A header "cut" is none: so many bytes of the body are sent."""

    def __init__(self, answer):
        self.requests, self.times = [], []  # (method, path, headers); seconds on the monotonic clock
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def reply(self):
                try:
                    self.answer()
                except ConnectionError:  # the tool was stopped, as some tests do
                    self.close_connection = True

            def answer(self):
                site.times.append(time.monotonic())
                site.requests.append((self.command, self.path, dict(self.headers)))
                status, headers, body = answer(self)
                headers = {**headers}
                self.send_response(status)
                cut = headers.pop("cut", None)  # send so many bytes of the body, then drop the connection
                headers.setdefault("Content-Length", str(len(body)))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body if cut is None else body[:cut])
                if cut is not None:
                    self.close_connection = True

            do_GET = do_HEAD = reply

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def environment(**more):
    """This process's, without what would steer the tools, and with its Python first."""
    ours = re.compile(r"HF_|HUGGING|TRANSFORMERS_|XDG_CACHE|.*_proxy$|.*_CA_BUNDLE$", re.IGNORECASE)
    kept = {name: value for name, value in os.environ.items() if not ours.match(name)}
    path = f"{pathlib.Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
    return {**kept, "PATH": path, "PYTHONDONTWRITEBYTECODE": "1", "REFSCOUT": REFSCOUT, **more}


class Fetching(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = pathlib.Path(place.name)

    def run_tool(self, tool, *arguments, **environ):
        command = [TOOLS / tool, *arguments, "--pause", "0.01"]
        return subprocess.run(command, cwd=self.place, env=environment(**environ), capture_output=True, text=True)

    def says(self, done, code, words):
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(words, done.stderr)
        self.assertNotIn("Traceback", done.stderr)
