"""Lets the example `sign_in` and our command get authorized by a certified authorization server; this is the browser.

Usage: python sign_in.py --client PATH --server PATH --toolwright PATH --node PATH --packages FOLDER
"""

import argparse
import http.cookiejar
import json
import os
import queue
import re
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from pathlib import Path

from http_server import HttpServer

TIME_LIMIT = 30
PAGE = re.compile(r"^\s+(http://\S+)$", re.MULTILINE)
KEY = "A" * 43
MACHINE = {"CLIENT_ID": "machine", "CLIENT_SECRET": "a-secret-of-a-machine"}


class Provider:
    """The authorization server, and the server it authorizes for, which takes tokens of one scheme."""

    def __init__(self, options, upstream, scheme):
        script = Path(__file__).with_name("identity_provider.mjs")
        command = [options.node, script, options.packages, upstream, scheme]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, text=True, **pipes)
        self.events = queue.Queue()
        self.answer = "yes"
        threading.Thread(target=self._read, daemon=True).start()
        self.url = self.events.get(timeout=TIME_LIMIT)["url"]

    def _read(self):
        for line in self.process.stdout:
            self.events.put(json.loads(line))

    def happened(self):
        """All that happened since it was asked last; the user answers from now on as `answer` says."""
        self.process.stdin.write(f"{self.answer}\n")
        self.process.stdin.flush()
        return list(iter(lambda: self.events.get(timeout=TIME_LIMIT), {"at": "heard"}))

    def stop(self):
        """Ends both."""
        self.process.kill()
        self.process.wait()


def browse(url):
    """A browser: follows a URL with cookies, wherever it leads."""
    cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    try:
        urllib.request.build_opener(cookies).open(url, timeout=TIME_LIMIT).read()
    except urllib.error.HTTPError as error:
        print(f"sign_in: the browser: {error}", file=sys.stderr)


def run(command, url, folder, **more):
    """One run of the client; gives its exit code, what it listed, what it said, and how often it asked."""
    # No browser that may be on this machine.
    variables = {"BROWSER": "false", "TOKENS": str(Path(folder) / "tokens"), "TOKENS_KEY": KEY, "HOME": folder}
    variables |= {"XDG_CONFIG_HOME": "", **more}
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen([*command, url], text=True, env={**os.environ, **variables}, **pipes)
    timer = threading.Timer(TIME_LIMIT, process.kill)
    timer.start()
    said, asked = "", 0
    for line in process.stderr:
        said += line
        if page := PAGE.match(line):
            asked += 1
            threading.Thread(target=browse, args=(page[1],), daemon=True).start()
    listed = process.stdout.read().split()
    code = process.wait()
    timer.cancel()
    return code, listed, said, asked


def count(events, at, **members):
    """How many of these things happened."""
    matches = [event for event in events if event["at"] == at and members.items() <= event.items()]
    return len(matches)


class Visits:
    """Runs of the client, and what was wrong."""

    def __init__(self):
        self.checks, self.faults = 0, []

    def check(self, what, is_true, detail):
        """Notes one fact."""
        self.checks += 1
        if not is_true:
            self.faults.append(f"{what}: {detail}")

    def visit(self, name, provider, outcome, asked, more):
        """What must be true of every run that is let in; gives what happened."""
        code, listed, said, times = outcome
        events = provider.happened()
        detail = f"exit code {code}, {len(listed)} tools\n  {said[-800:]}\n  {events}"
        self.check(f"{name}: lists the tools", code == 0 and len(listed) > 5, detail)
        self.check(f"{name}: asks the user {asked} times", times == asked, detail)
        self.check(f"{name}: no request is wrong", count(events, "error") == 0, detail)
        self.check(f"{name}: is refused once, without a token", count(events, "resource", isGood=False) == 1, detail)
        for what, at, least, members in more:
            self.check(f"{name}: {what}", count(events, at, **members) >= least, detail)
        return events


def main():
    """Signs in as a user, again, as a machine, with and without proofs, and is refused; exits with 1 after any fault."""
    options = argparse.ArgumentParser(description=__doc__)
    for name in ("client", "server", "toolwright", "packages"):
        options.add_argument(f"--{name}", required=True)
    options.add_argument("--node", default="node", help="Node.js 22 or newer")
    arguments = options.parse_args()
    visits = Visits()
    upstream = HttpServer([arguments.server])
    token = ("renews its token", "issuer", 2, {"path": "/token"})
    for scheme in ("Bearer", "DPoP"):
        bound = {"shown": scheme, "isBound": scheme == "DPoP", "hasProof": scheme == "DPoP", "isGood": True}
        shown = (f"shows tokens by {scheme}", "resource", 2, bound)
        provider = Provider(arguments, upstream.url, scheme)
        with tempfile.TemporaryDirectory(prefix="toolwright-interop-") as folder:
            first = run([arguments.client], provider.url, folder)
            visits.visit(f"{scheme}: a user", provider, first, 1, [token, shown])
            again = run([arguments.client], provider.url, folder)
            events = visits.visit(f"{scheme}: the user again", provider, again, 0, [shown])
            visits.check(f"{scheme}: registers once", count(events, "issuer", path="/reg") == 0, events)
        command = [arguments.toolwright, "list"]
        with tempfile.TemporaryDirectory(prefix="toolwright-interop-") as folder:
            for name, asked in (("our command", 1), ("our command again", 0), ("our command after a logout", 1)):
                if name.endswith("logout"):
                    run([arguments.toolwright, "logout"], provider.url, folder)
                outcome = run(command, provider.url, folder)
                visits.visit(f"{scheme}: {name}", provider, outcome, asked, [shown])
        with tempfile.TemporaryDirectory(prefix="toolwright-interop-") as folder:
            machine = run([arguments.client], provider.url, folder, **MACHINE)
            visits.visit(f"{scheme}: a machine", provider, machine, 0, [shown])
            os.remove(Path(folder) / "tokens")
            provider.answer = "no"
            provider.happened()
            code, _, said, _ = run([arguments.client], provider.url, folder)
            refused = code == 1 and "the user said no (access_denied)" in said
            visits.check(f"{scheme}: a user who says no", refused, f"exit code {code}: {said[-800:]}")
        provider.stop()
    faults = visits.faults + upstream.stop()
    for fault in faults:
        print(f"FAIL {fault}", file=sys.stderr)
    print(f"sign-in: {visits.checks} checks, {len(faults)} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
