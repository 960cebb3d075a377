"""What the programs that fetch have in common: requests, trying again, progress, and failures told in
one sentence. Standard library only.

Proxies are those of http_proxy, https_proxy, all_proxy and no_proxy; a proxy's own certificates those of
SSL_CERT_FILE, CURL_CA_BUNDLE or REQUESTS_CA_BUNDLE.
"""

import contextlib
import email.utils
import http.client
import os
import re
import signal
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

TIMEOUT_S = 30  # without a single byte
LONGEST_WAIT_S = 600  # that a server may ask for


class Failure(Exception):
    """One sentence for the user; ends the program."""


class Again(Exception):
    """What went wrong may pass: the reason, and the seconds that the server asks us to wait, if it does."""

    def __init__(self, reason, wait_s=None):
        super().__init__(reason)
        self.wait_s = wait_s


class Unreachable(Failure):
    """Nobody answers: there may be no network at all."""


class Retries:
    """Waits between tries, twice as long each time; after the last of them what went wrong is a Failure."""

    def __init__(self, say, pause_s, count=6):
        self.say, self.pause_s, self.count, self.used = say, pause_s, count, 0

    def worked(self):
        self.used = 0

    def wait(self, again):
        self.used += 1
        if self.used >= self.count:
            kind = Unreachable if isinstance(again.__cause__, OSError) else Failure
            raise kind(f"{again}, {self.count} times in a row; run the same command again later") from again
        wait_s = min(self.pause_s * 2 ** (self.used - 1), 60) if again.wait_s is None else again.wait_s
        if wait_s > LONGEST_WAIT_S:
            raise Failure(f"{again}, and asks to wait {wait_s:.0f} s; run the same command again then") from again
        self.say(f"{again}; trying again in {wait_s:.0f} s")
        time.sleep(wait_s)


class Answers(urllib.request.HTTPErrorProcessor):
    """Every status is an answer: redirects and errors are the caller's to read."""

    def http_response(self, request, response):
        return response

    https_response = http_response


class Web:
    def __init__(self, tool):
        self.user_agent = f"refscout-{tool}/0.1"
        proxies = urllib.request.getproxies()
        if "all" in proxies:
            proxies = {"http": proxies["all"], "https": proxies["all"], **proxies}
        for name, proxy in proxies.items():
            if name in ("http", "https") and proxy.startswith("socks"):
                raise Failure(f"{name}_proxy is {proxy}, but only HTTP proxies can be used here; set one, or unset it")
        bundle = os.environ.get("CURL_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE")
        try:
            context = ssl.create_default_context(cafile=bundle or None)
        except OSError as error:
            raise Failure(f"{bundle}: no certificates can be read from it ({error})") from error
        self.opener = urllib.request.build_opener(
            Answers, urllib.request.ProxyHandler(proxies), urllib.request.HTTPSHandler(context=context)
        )

    @contextlib.contextmanager
    def request(self, method, url, headers=None):
        """One request, no redirect followed: the response, whatever its status. Again when the network fails,
        also while the caller reads from the response."""
        host = urllib.parse.urlsplit(url).netloc.rpartition("@")[2]
        headers = {"User-Agent": self.user_agent, "Accept-Encoding": "identity", **(headers or {})}
        if not url.startswith(("http://", "https://")) or not host or re.search(r"\s", url):
            raise Failure(f'"{url}" is not an address of the web')
        request = urllib.request.Request(url, method=method, headers=headers)
        try:
            with self.opener.open(request, timeout=TIMEOUT_S) as response:
                yield response
        except urllib.error.URLError as error:
            reason = error.reason
            if isinstance(reason, ssl.SSLCertVerificationError):
                raise Failure(
                    f"{host}: its certificate is not trusted here ({reason.verify_message}); "
                    "where a proxy has its own, name the file in SSL_CERT_FILE"
                ) from error
            raise Again(f"{host} cannot be reached ({reason})") from error
        except TimeoutError as error:
            raise Again(f"{host} has been silent for {TIMEOUT_S} s") from error
        except (ConnectionError, ssl.SSLError) as error:
            raise Again(f"the connection to {host} broke ({error})") from error
        except http.client.InvalidURL as error:
            raise Failure(f'"{url}" is not an address of the web ({error})') from error
        except http.client.HTTPException as error:
            raise Again(f"the answer of {host} is cut off ({type(error).__name__})") from error


def again_if_busy(response, host):
    """Raises Again for the statuses that pass by themselves."""
    if response.status in (408, 425, 429) or response.status >= 500:
        raise Again(f"{host} answers {response.status} {response.reason}".rstrip(), retry_after_s(response))


def retry_after_s(response):
    """Retry-After, seconds or a date; None when it is missing or neither."""
    text = (response.headers.get("Retry-After") or "").strip()
    if text.isdigit():
        return float(text)
    try:
        then = email.utils.parsedate_to_datetime(text)
        return max(0.0, then.timestamp() - time.time())
    except (TypeError, ValueError, IndexError):
        return None


def duration(seconds):
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


class Progress:
    """ "NAME: 5 of 20 UNIT, 3 s left" on stderr: one line that changes on a terminal, else one in ten seconds."""

    def __init__(self, tool, name, unit, done):
        self.tool, self.name, self.unit = tool, name, unit
        self.terminal = sys.stderr.isatty()
        self.start, self.first, self.shown, self.open = time.monotonic(), done, time.monotonic(), False

    def show(self, done, total):
        now = time.monotonic()
        if now - self.shown < (0.2 if self.terminal else 10):
            return
        self.shown = now
        rate = (done - self.first) / (now - self.start)
        left = f", {duration((total - done) / rate)} left" if rate > 0 else ""
        text = f"{self.tool}: {self.name}{done:,} of {total:,} {self.unit}{left}"
        sys.stderr.write(f"\r{text}\033[K" if self.terminal else f"{text}\n")
        sys.stderr.flush()
        self.open = self.terminal

    def clear(self):
        """Ends the line, so that something else can be said."""
        if self.open:
            sys.stderr.write("\r\033[K")
            self.open = False


def main(tool, run):
    """Runs a program: a Failure is one sentence and exit code 1, Ctrl-C and kill are 130 and 143."""

    def stop(number, _frame):
        raise KeyboardInterrupt(number)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        run()
    except Failure as failure:
        print(f"{tool}: {failure}.", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt as stopped:
        print(f"{tool}: stopped; the same command goes on from here.", file=sys.stderr)
        sys.exit(128 + (stopped.args[0] if stopped.args else signal.SIGINT))
