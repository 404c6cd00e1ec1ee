"""Works with the orders server through the web page of the MCP Inspector in headless Chromium, in both eras.

The Inspector's own web server stands between the page and ours, as it does for everybody who uses it.
Usage: python inspector_web.py --server PATH --schemas FOLDER --node PATH --packages FOLDER --chromium PATH
--screenshots FOLDER
"""

import json
import os
import secrets
import socket
import subprocess
from contextlib import contextmanager
from pathlib import Path

import http_suite
import node_script
from inspector_visit import VERSIONS

HOST = "127.0.0.1"
# Where the page is announced, and the page has all it needs by then.
ANNOUNCEMENT = b"http://"


def visitor(options, era):
    """What visits a URL in one era."""

    def work(url, folder):
        screenshot = Path(options.screenshots) / f"inspector-{era}.png"
        screenshot.unlink(missing_ok=True)
        with inspector(options, era, folder, url) as page:
            checks, faults = node_script.run(options, "inspector_web.mjs", options.chromium, page, era, str(screenshot))
        return checks, faults if screenshot.is_file() else [*faults, f"there is no screenshot {screenshot}"]

    return work


@contextmanager
def inspector(options, era, folder, url):
    """The Inspector's web server; gives the address of its page."""
    config = Path(folder) / "inspector.json"
    entry = {"type": "streamable-http", "url": url, "protocolEra": era}
    config.write_text(json.dumps({"mcpServers": {"orders": entry}}), encoding="utf-8")
    port, token = free_port(), secrets.token_hex(16)
    script = Path(options.packages) / "node_modules/.bin/mcp-inspector"
    process = subprocess.Popen(
        [options.node, script, "--web", "--config", config],
        env={**os.environ, **settings(folder, port, token)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        lines = iter(process.stdout.readline, b"")
        said = next((line for line in lines if ANNOUNCEMENT in line), None)
        if said is None:
            raise RuntimeError("the Inspector's web server did not start")
        yield f"http://{HOST}:{port}/?MCP_INSPECTOR_API_TOKEN={token}"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def settings(folder, port, token):
    """The environment that keeps the Inspector to itself."""
    return {
        "HOME": str(folder),
        "HOST": HOST,
        "CLIENT_PORT": str(port),
        "MCP_SANDBOX_PORT": "0",
        "MCP_AUTO_OPEN_ENABLED": "false",
        "MCP_INSPECTOR_API_TOKEN": token,
        "MCP_INSPECTOR_SECRET_STORE": "memory",
    }


def free_port():
    """A port for a program that must be told one; nobody has it at this moment."""
    with socket.create_server((HOST, 0)) as listener:
        return listener.getsockname()[1]


if __name__ == "__main__":
    parser = http_suite.options(__doc__)
    node_script.add_options(parser)
    parser.add_argument("--chromium", required=True, help="the browser")
    parser.add_argument("--screenshots", required=True, help="the folder for what the browser showed")
    given = parser.parse_args()
    Path(given.screenshots).mkdir(parents=True, exist_ok=True)
    visits = [http_suite.Visit(f"inspector web {era}", version, visitor(given, era)) for era, version in VERSIONS.items()]
    http_suite.run(given, visits)
