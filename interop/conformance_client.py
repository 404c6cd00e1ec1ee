"""Runs the client side of the official conformance suite on our client, one scenario at a time.

A scenario passes when the suite's exit code says so, something was checked, and the client did not panic; and where it
has to refuse to go on, when it did.
Usage: python conformance_client.py --client PATH --node PATH --suite PATH
"""

import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from conformance_suite import ENVELOPE, VERSIONS, Command, options

# Extensions belong to no version: they are run in the last of the old era and in the new one.
EXTENSION, EXTENDED = "extension", ("2025-11-25", "2026-07-28")
AT_ONCE = 2
TIME_LIMIT = 60
# What the server does here must not be put up with: the client says why, and goes.
REFUSED = {
    "auth/iss-normalized",
    "auth/iss-supported-missing",
    "auth/iss-unexpected",
    "auth/iss-wrong-issuer",
    "auth/metadata-issuer-mismatch",
    "auth/resource-mismatch",
    "auth/scope-retry-limit",
}
REFUSAL = "Unauthorized("
SKILLS = "belongs to the skills extension"
WAITING = {
    "sep-2640-client-no-prefetch": SKILLS,
    "sep-2640-client-verify-digest": SKILLS,
    "sep-2640-client-verify-size": SKILLS,
    "sep-2640-client-verify-frontmatter": SKILLS,
}


class Suite(Command):
    """The suite's command line, and the client it is run on."""

    def __init__(self, node, script, client):
        super().__init__(node, script, TIME_LIMIT + 30)
        self.client = client

    def scenarios(self):
        """Each scenario and the versions it is run in, as the suite lists them."""
        listed = self.call("list", "--client").stdout.splitlines()
        found = {}
        for line in listed:
            if line.startswith("  - "):
                name, versions = line[4:].rstrip("]").split(" [")
                found[name] = EXTENDED if versions == EXTENSION else tuple(versions.split(","))
        if not found:
            sys.exit("conformance: the suite lists no client scenario")
        return found

    def run(self, version, scenario):
        """Runs one scenario; gives what was wrong, if anything."""
        with tempfile.TemporaryDirectory(prefix="toolwright-interop-") as folder:
            # Of an extension, no version is the suite's own choice.
            chosen = ["--spec-version", version, "--force"]
            limit = ["--timeout", str(TIME_LIMIT * 1000), "-o", folder]
            arguments = ["client", "--command", self.client, "--scenario", scenario, *chosen, *limit]
            try:
                done = self.call(*arguments)
            except subprocess.TimeoutExpired:
                return f"no end in {TIME_LIMIT} s"
            results = Path(folder)
            checks = [check for path in results.rglob("checks.json") for check in json.loads(path.read_bytes())]
            said = "".join(path.read_text() for path in results.rglob("stderr.txt"))
        if done.returncode:
            return f"exit code {done.returncode}\n  {(done.stdout + done.stderr)[-3000:]}"
        if "panicked at" in said:
            return f"the client panicked\n  {said[-1500:]}"
        if (REFUSAL in said) != (scenario in REFUSED):
            return f"the client {'refused' if REFUSAL in said else 'put up with it'}\n  {said[-1500:]}"
        if not any(check["status"] == "SUCCESS" and check["id"] != ENVELOPE for check in checks):
            return "nothing was checked"
        return None


def main():
    """Runs all scenarios in all their versions; exits with 1 after any fault."""
    arguments = options(__doc__, "client", "conformance_client")
    suite = Suite(arguments.node, arguments.suite, arguments.client)
    known = suite.scenarios()
    faults = [f"{name}: waits, but the suite has no such scenario" for name in WAITING if name not in known]
    wanted = [name for name in known if name in arguments.only] if arguments.only else known
    runs = [(version, name) for name in wanted if name not in WAITING for version in known[name]]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(lambda run: suite.run(*run), runs))
    faults += [f"{version}: {name}: {fault}" for (version, name), fault in zip(runs, outcomes) if fault]
    for fault in faults:
        print(f"FAIL {fault}", file=sys.stderr)
    numbers = []
    for version in VERSIONS:
        of_version = [fault for (spoken, _), fault in zip(runs, outcomes) if spoken == version]
        numbers.append(f"{of_version.count(None)} of {len(of_version)} in {version}")
    print(f"client: {outcomes.count(None)} of {len(runs)} runs passed ({', '.join(numbers)}), {len(WAITING)} waiting")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
