"""Runs the official conformance suite against the everything server over HTTP, one scenario at a time.

Stricter than the suite's own exit code: a warning, a check that was skipped, and a scenario in which nothing was
checked are faults too.
Usage: python conformance.py --server PATH --node PATH --suite PATH
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from conformance_suite import ENVELOPE, VERSIONS, Command, options
from http_server import HttpServer

TIME_LIMIT = 90
# What the suite notes down without checking anything. An answer may be JSON or a stream, so the last is one, too.
NOTES = {
    "outgoing-request",
    "incoming-response",
    "incoming-sse-event",
    "stream-closed",
    "server-sse-streams-functional",
}
EMPTY = "the suite itself checks nothing there yet"
WAITING = {
    "tasks-status-notifications": EMPTY,
}


class Suite(Command):
    """The suite's command line, and the faults and numbers found with it."""

    def __init__(self, node, script):
        super().__init__(node, script, TIME_LIMIT)
        self.faults = []
        self.checks = 0
        self.begun = set()
        # What no version has of its own: to be held by the newest, where extensions are defined.
        self.extensions = set(self.names()) - {name for version in VERSIONS for name in self.names("--spec-version", version)}

    def names(self, *more):
        """The names of the server scenarios, of one version or of all."""
        listed = self.call("list", "--server", *more)
        names = [line.split()[1] for line in listed.stdout.splitlines() if line.startswith("  - ")]
        if not names:
            sys.exit(f"conformance: the suite lists no scenario for {more}:\n{listed.stdout}{listed.stderr}")
        return names

    def run(self, url, version, scenario):
        """Runs one scenario; says whether it passed."""
        with tempfile.TemporaryDirectory(prefix="toolwright-interop-") as folder:
            arguments = ["--url", url, "--scenario", scenario, "--spec-version", version, "-o", folder]
            arguments += ["--force"] if scenario in self.extensions else []
            try:
                done = self.call("server", *arguments)
            except subprocess.TimeoutExpired:
                return self.fail(version, scenario, [f"no end in {TIME_LIMIT} s"])
            checks = [check for path in Path(folder).glob("*/checks.json") for check in json.loads(path.read_bytes())]
        self.checks += sum(check["status"] == "SUCCESS" for check in checks)
        wrong = faults_of(checks)
        if done.returncode and not wrong:
            wrong = [f"exit code {done.returncode}\n  {(done.stdout + done.stderr)[-1500:]}"]
        return self.fail(version, scenario, wrong)

    def fail(self, version, scenario, wrong):
        """Records what was wrong; true if nothing was."""
        self.faults += [f"{version}: {scenario}: {fault}" for fault in wrong]
        return not wrong


def faults_of(checks):
    """What is wrong with the checks of one scenario."""
    wrong = []
    for check in checks:
        if check["status"] == "SUCCESS" or check["status"] == "INFO" and check["id"] in NOTES:
            continue
        details = json.dumps(check.get("details", {}))[:2000]
        reason = check.get("errorMessage") or check["description"]
        wrong.append(f"{check['id']} ({check['name']}): {check['status']}: {reason}\n  {details}")
    if not wrong and not any(check["status"] == "SUCCESS" and check["id"] != ENVELOPE for check in checks):
        wrong.append("nothing was checked")
    return wrong


def hold(suite, server, version, only):
    """Runs what a version has of the suite on a new process; gives the number of scenarios that passed."""
    names = suite.names("--spec-version", version) + (sorted(suite.extensions) if version == VERSIONS[-1] else [])
    names = [name for name in names if name not in WAITING and (not only or name in only)]
    if not names:
        return 0
    suite.begun.update(names)
    try:
        process = HttpServer([server])
    except RuntimeError as error:
        suite.fail(version, "start", [str(error)])
        return 0
    passed = sum(suite.run(process.url, version, name) for name in names)
    end = process.stop()
    suite.fail(version, "the server", end)
    if end or passed < len(names):
        print(f"{version}: the server said:\n{process.log_end()}", file=sys.stderr)
    print(f"{version}: {passed} of {len(names)} scenarios passed", flush=True)
    return passed


def forgotten(suite):
    """Scenarios that neither ran nor wait, and those that wait in vain."""
    known = suite.names()
    absent = [f"{name}: neither run nor known to wait" for name in known if name not in suite.begun | WAITING.keys()]
    return absent + [f"{name}: waits, but the suite has no such scenario" for name in WAITING if name not in known]


def main():
    """Runs all versions; exits with 1 after any fault."""
    arguments = options(__doc__, "server", "everything")
    suite = Suite(arguments.node, arguments.suite)
    passed = [hold(suite, arguments.server, version, arguments.only) for version in VERSIONS]
    if not arguments.only:
        suite.faults += forgotten(suite)
    for fault in suite.faults:
        print(f"FAIL {fault}", file=sys.stderr)
    numbers = ", ".join(f"{count} of {version}" for version, count in zip(VERSIONS, passed))
    print(
        f"{sum(passed)} scenarios passed ({numbers}), {suite.checks} checks, "
        f"{len(WAITING)} waiting, {len(suite.faults)} faults"
    )
    sys.exit(1 if suite.faults else 0)


if __name__ == "__main__":
    main()
