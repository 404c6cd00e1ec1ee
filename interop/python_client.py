"""Works with the orders server through the official Python client, in each era that client speaks.

Every line the server writes to it is recorded and judged by the official schema.
Usage: python python_client.py --server PATH --schemas FOLDER
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from mcp.client.stdio import StdioServerParameters
from mcp.shared.exceptions import MCPError

from python_current import ERAS, visit
from python_visit import findings
from recording import Recordings, recorded
from server_process import orders_args


async def main():
    """Runs the same visit in each era; exits with 1 after any failure."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--server", required=True, help="the orders executable")
    options.add_argument("--schemas", required=True, type=Path, help="folder with VERSION.json files")
    arguments = options.parse_args()
    failed = total = 0
    for era, version in ERAS.items():
        recordings = Recordings(arguments.schemas, era, version)
        with tempfile.TemporaryDirectory(prefix="toolwright-interop-") as folder:
            server = stdio(recorded(folder, [arguments.server, *orders_args(folder)]))
            checks, faults = await findings(era, MCPError, lambda check: visit(check, server, era, version))
            recordings.judge(folder)
        faults += recordings.faults
        for fault in faults:
            print(f"FAIL {fault}", file=sys.stderr)
        print(f"{era}: {checks} checks, {recordings.validated} messages validated, {len(faults)} faults")
        failed += bool(faults)
        total += recordings.validated
    works = f"{len(ERAS) - failed} of {len(ERAS)} eras work with the official Python client"
    print(f"{works}, {total} messages validated")
    sys.exit(1 if failed else 0)


def stdio(command):
    """The server behind that command."""
    return StdioServerParameters(command=command[0], args=command[1:])


if __name__ == "__main__":
    asyncio.run(main())
