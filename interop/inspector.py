"""Works with the orders server through the command line of the MCP Inspector, in both eras.

Every line the server writes to it is recorded and judged by the official schema.
Usage: python inspector.py --server PATH --schemas FOLDER --inspector PATH --node PATH
"""

import argparse
import sys
import tempfile
from pathlib import Path

from inspector_visit import VERSIONS, Inspector, visit
from recording import Recordings, recorded
from server_process import orders_args


def main():
    """Visits in each era; exits with 1 after any fault."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--server", required=True, help="the orders executable")
    options.add_argument("--schemas", required=True, type=Path, help="folder with VERSION.json files")
    options.add_argument("--inspector", required=True, help="the mcp-inspector script")
    options.add_argument("--node", default="node", help="Node.js 22.19 or newer")
    arguments = options.parse_args()
    faults, count, total = [], 0, 0
    for era, version in VERSIONS.items():
        recordings = Recordings(arguments.schemas, era, version)
        with tempfile.TemporaryDirectory(prefix="toolwright-interop-") as folder:
            inspector = Inspector(arguments, era, folder, stdio_entry(arguments.server, folder))
            visit(inspector)
            recordings.judge(folder)
        faults += inspector.faults + recordings.faults
        count += inspector.count
        total += recordings.validated
        print(f"{era}: {inspector.count} runs of the Inspector, {recordings.validated} messages validated")
    for fault in faults:
        print(f"FAIL {fault}", file=sys.stderr)
    print(f"{count} runs in {len(VERSIONS)} eras, {total} messages validated, {len(faults)} faults")
    sys.exit(1 if faults else 0)


def stdio_entry(server, folder):
    """The server as the Inspector starts it, with the recorder before it."""
    command, *arguments = recorded(folder, [server, *orders_args(folder)])
    return {"type": "stdio", "command": command, "args": arguments}


if __name__ == "__main__":
    main()
