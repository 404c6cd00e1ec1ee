"""The orders server with rmcp, whose test in `projects/orders` runs on a recorder instead of the bare server.

Usage: python rmcp_client.py --server PATH --schemas FOLDER
"""

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from recording import Recordings, recorded

# The test for each way to begin, and the version that must come out of it.
TESTS = {
    "rmcp::an_order_lives_after_the_handshake": "2025-11-25",
    "rmcp::an_order_lives_in_the_stateless_version": "2026-07-28",
}


def main():
    """Runs each test on a recorder and judges what it recorded; exits with 1 after any failure."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--server", required=True, help="the orders executable")
    options.add_argument("--schemas", required=True, type=Path, help="folder with VERSION.json files")
    arguments = options.parse_args()
    failed = total = 0
    for test, version in TESTS.items():
        recordings = Recordings(arguments.schemas, test, version)
        with tempfile.TemporaryDirectory(prefix="toolwright-interop-") as folder:
            faults = run(test, "ORDERS_UNDER_TEST", launcher(arguments.server, Path(folder)))
            recordings.judge(folder)
        faults += recordings.faults
        for fault in faults:
            print(f"FAIL {fault}", file=sys.stderr)
        print(f"{test}: {recordings.validated} messages validated, {len(faults)} faults")
        failed += bool(faults)
        total += recordings.validated
    print(f"{len(TESTS) - failed} of {len(TESTS)} eras work with rmcp, {total} messages validated")
    sys.exit(1 if failed else 0)


def launcher(server, folder):
    """An executable in `folder` that runs the server on a recorder."""
    path = folder / "orders"
    path.write_text(f'#!/bin/sh\nexec {shlex.join(recorded(folder, [server]))} "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    return path


def run(test, variable, value):
    """Runs one test of the package `orders`, which a variable tells what to test; gives what went wrong."""
    # The whole workspace is chosen, as the tests are built: of one package alone, half would be built anew.
    command = ["cargo", "test", "--quiet", "--workspace", "--tests", test, "--", "--exact"]
    done = subprocess.run(command, env={**os.environ, variable: str(value)}, capture_output=True, text=True)
    passed = done.returncode == 0 and "1 passed" in done.stdout
    return [] if passed else [f"{test}: {done.stdout[-2000:]}{done.stderr[-2000:]}"]


if __name__ == "__main__":
    main()
