"""Installs the orders server in clients that nobody here wrote, and lets them tell whether they reach it.

Each has a home of its own, where `toolwright install` writes its settings, and needs no network.
Usage: python installed.py --server PATH --toolwright PATH --packages FOLDER
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TIMEOUT = 60
QUIET = {
    "DISABLE_TELEMETRY": "1",
    "DISABLE_AUTOUPDATER": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    # Else it starts no server.
    "GEMINI_CLI_TRUST_WORKSPACE": "true",
}


def main():
    """Installs, asks each client, takes the server out again; exits with 1 after any fault."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--server", required=True, type=Path, help="the orders executable")
    options.add_argument("--toolwright", required=True, type=Path, help="the toolwright executable")
    options.add_argument("--packages", required=True, type=Path, help="folder whose node_modules has the clients")
    arguments = options.parse_args()
    modules = arguments.packages.resolve() / "node_modules"
    clients = {
        "claude-code": ([claude(modules), "mcp", "list"], "✔ Connected", "No MCP servers configured"),
        "gemini-cli": (["node", modules / ".bin/gemini", "mcp", "list"], "(stdio) - Connected", "No MCP servers"),
        "codex": (["node", modules / ".bin/codex", "mcp", "list", "--json"], None, "[]"),
    }
    faults = []
    for client, (listing, connected, nothing) in clients.items():
        faults += [f"{client}: {fault}" for fault in visit(arguments, client, listing, connected, nothing)]
    for fault in faults:
        print(f"FAIL {fault}", file=sys.stderr)
    print(f"{len(clients)} clients list the installed server, {len(faults)} faults")
    sys.exit(1 if faults else 0)


def claude(modules):
    """The program itself: the package's own script would put it in its place."""
    found = sorted(modules.glob("@anthropic-ai/claude-code-*/claude*"))
    if not found:
        sys.exit(f"there is no Claude Code for this machine in {modules}")
    return found[0]


def visit(arguments, client, listing, connected, nothing):
    """What is wrong between one client and the server."""
    with tempfile.TemporaryDirectory(prefix="toolwright-home-") as home:
        database = str(Path(home) / "orders of mine.db")
        command = [arguments.server.resolve(), "serve", "--db", database, "--seed"]
        run(home, [arguments.toolwright, "install", client, "--name", "orders", "--", *command])
        shown = run(home, listing)
        if connected is None:
            yield from parsed(shown, [str(part) for part in command])
        elif f"orders: {command[0]}" not in shown or connected not in shown:
            yield f"does not say {connected!r}, but:\n{shown}"
        run(home, [arguments.toolwright, "uninstall", client, "orders"])
        shown = run(home, listing)
        if nothing not in shown:
            yield f"still knows the server that was taken out:\n{shown}"


def parsed(shown, command):
    """Codex does not start servers to list them, but shows what it read."""
    (entry,) = json.loads(shown)
    read = [entry["transport"]["command"], *entry["transport"]["args"]]
    if entry["name"] != "orders" or read != command:
        yield f"reads {read}, not {command}"


def run(home, command):
    """Runs a program with that home; what it says."""
    node = Path(shutil.which("node") or "node").parent
    environment = {"PATH": f"{node}{os.pathsep}/usr/bin{os.pathsep}/bin", "HOME": home, **QUIET}
    words = [str(part) for part in command]
    ended = subprocess.run(
        words, env=environment, cwd=home, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT
    )
    if ended.returncode != 0:
        sys.exit(f"{words} ended with {ended.returncode}:\n{ended.stdout}{ended.stderr}")
    return ended.stdout + ("" if words[-1] == "--json" else ended.stderr)


if __name__ == "__main__":
    main()
