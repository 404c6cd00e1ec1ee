"""Runs visits over HTTP: each on a server of its own, behind a relay whose records are judged."""

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from http_exchanges import exchanges
from http_relay import HttpRelay
from http_server import HttpServer
from recording import Recordings
from server_process import orders_args


@dataclass
class Visit:
    """One client in one era; `work` takes a URL and a folder of its own, and gives a number of checks and the faults."""

    name: str
    version: str  # which the client must negotiate
    work: Callable
    flags: tuple = ()  # further arguments of the server
    path: str = ""  # of another transport than Streamable HTTP, whose rules then say nothing


def options(doc):
    """The options that all these suites have."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--server", required=True, help="the orders executable")
    parser.add_argument("--schemas", required=True, type=Path, help="folder with VERSION.json files")
    return parser


def run(arguments, visits):
    """Runs all visits; exits with 1 after any fault."""
    failed = total = 0
    for visit in visits:
        checks, validated, faults = judged(arguments, visit)
        for fault in faults:
            print(f"FAIL {visit.name}: {fault}", file=sys.stderr)
        print(f"{visit.name}: {checks} checks, {validated} messages validated, {len(faults)} faults")
        failed += bool(faults)
        total += validated
    print(f"{len(visits) - failed} of {len(visits)} visits over HTTP succeed, {total} messages validated")
    sys.exit(1 if failed else 0)


def judged(arguments, visit):
    """One visit: the number of checks and of validated messages, and the faults."""
    recordings = Recordings(arguments.schemas, visit.name, visit.version)
    with tempfile.TemporaryDirectory(prefix="toolwright-interop-") as folder:
        server = HttpServer([arguments.server, *orders_args(folder), *visit.flags])
        relay = HttpRelay(server.url)
        try:
            url = relay.url.removesuffix("/mcp") + visit.path if visit.path else relay.url
            checks, faults = visit.work(url, folder)
        finally:
            relay.close()
            ending = server.stop()
        if not visit.path:
            recordings.judge_http(exchanges(relay.connections))
        faults = [*faults, *ending, *recordings.faults]
        if faults and server.log:
            faults.append(f"the server's log ended with:\n{server.log_end()}")
    return checks, recordings.validated, faults
