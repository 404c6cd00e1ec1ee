"""Opens the orders server's own page in headless Chromium without JavaScript, at `/` and where clients connect.

Usage: python page.py --server PATH --schemas FOLDER --node PATH --packages FOLDER --chromium PATH --screenshots FOLDER
"""

import json
import sys
import tempfile
import urllib.request
from pathlib import Path
from urllib.parse import urljoin

import http_suite
import node_script
from http_exchanges import exchanges
from http_relay import HttpRelay
from http_server import HttpServer
from official_schema import MODERN
from server_process import orders_args

META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": {"name": "page", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


def listed_tools(url):
    """The tools as a client gets them."""
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": META}}
    headers = {
        "content-type": "application/json",
        "accept": "application/json, text/event-stream",
        "mcp-protocol-version": MODERN,
        "mcp-method": "tools/list",
    }
    request = urllib.request.Request(url, json.dumps(message).encode(), headers)
    with urllib.request.urlopen(request) as response:
        return json.load(response)["result"]["tools"]


def visit(options, server, path, screenshots):
    """Opens one path; gives the number of checks and the faults."""
    relay = HttpRelay(server.url)
    tools = json.dumps(listed_tools(server.url))
    try:
        address = urljoin(relay.url, path)
        checks, faults = node_script.run(options, "page.mjs", options.chromium, address, relay.url, tools, *screenshots)
    finally:
        relay.close()
    asked = [(exchange.method, exchange.target) for exchange in exchanges(relay.connections)]
    if asked != [("GET", path)]:
        faults = [*faults, f"the browser asked for {asked}"]
    faults += [f"there is no screenshot {screenshot}" for screenshot in screenshots if not Path(screenshot).is_file()]
    return checks + 1, [f"{path}: {fault}" for fault in faults]


def main():
    """Opens both paths; exits with 1 after any fault."""
    parser = http_suite.options(__doc__)
    node_script.add_options(parser)
    parser.add_argument("--chromium", required=True, help="the browser")
    parser.add_argument("--screenshots", required=True, type=Path, help="the folder for what the browser showed")
    options = parser.parse_args()
    options.screenshots.mkdir(parents=True, exist_ok=True)
    screenshots = [str(options.screenshots / name) for name in ("page.png", "page-narrow.png")]
    for screenshot in screenshots:
        Path(screenshot).unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="toolwright-interop-") as folder:
        server = HttpServer([options.server, *orders_args(folder)])
        try:
            checks, faults = visit(options, server, "/", screenshots)
            more, others = visit(options, server, "/mcp", screenshots)
        finally:
            ending = server.stop()
    faults = [*faults, *others, *ending]
    for fault in faults:
        print(f"FAIL page: {fault}", file=sys.stderr)
    print(f"the page is shown without JavaScript: {checks + more} checks, {len(faults)} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
