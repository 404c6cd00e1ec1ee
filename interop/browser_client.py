"""Works with the orders server through the official TypeScript client in headless Chromium, straight from a page.

The browser judges what the server says about other origins: it lets a page read only what that allows.
Usage: python browser_client.py --server PATH --schemas FOLDER --node PATH --packages FOLDER --chromium PATH
"""

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import http_suite
import node_script

# How the client negotiates, and the version that must come out of it.
MODES = {"legacy": "2025-11-25", "2026-07-28": "2026-07-28", "auto": "2026-07-28"}


class Pages(SimpleHTTPRequestHandler):
    """Serves the files beside this one, and the installed packages."""

    def __init__(self, packages, *arguments):
        self.packages = packages
        super().__init__(*arguments, directory=Path(__file__).parent)

    def translate_path(self, path):
        """Where the packages are, if it is they that are asked for."""
        if path.startswith("/node_modules/"):
            self.directory = self.packages
        return super().translate_path(path)

    def log_message(self, *_):
        """Says nothing."""


def visitor(options, port, mode, version):
    """What visits a URL from a page of an allowed origin, and is refused on a page of another."""

    def work(url, _folder):
        run = partial(node_script.run, options, "browser_client.mjs", options.chromium)
        checks, faults = run(f"http://127.0.0.1:{port}/browser_page.html", url, mode, version)
        done, refused = run(f"http://localhost:{port}/browser_page.html", url, mode, version)
        if done > 0 or "fetch" not in str(refused):
            faults = [*faults, f"a page of an origin that is not allowed gets further: {done} checks, {refused}"]
        return checks + 1, faults

    return work


if __name__ == "__main__":
    parser = http_suite.options(__doc__)
    node_script.add_options(parser)
    parser.add_argument("--chromium", required=True, help="the browser")
    given = parser.parse_args()
    pages = ThreadingHTTPServer(("127.0.0.1", 0), partial(Pages, given.packages))
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    port = pages.server_address[1]
    flags = ("--allow-origin", f"http://127.0.0.1:{port}")
    visits = [
        http_suite.Visit(f"browser {mode}", version, visitor(given, port, mode, version), flags)
        for mode, version in MODES.items()
    ]
    http_suite.run(given, visits)
