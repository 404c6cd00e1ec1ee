"""Works with the orders server through both official TypeScript clients over Streamable HTTP, and the older over HTTP+SSE.

Usage: python typescript_http.py --server PATH --schemas FOLDER --node PATH --packages FOLDER
"""

import http_suite
import node_script

LEGACY, MODERN = "2025-11-25", "2026-07-28"
# The script, how it negotiates if it can, the version that must come out of it; for HTTP+SSE its flag and path.
VISITS = {
    "typescript sdk 1.x": ("typescript_sdk.mjs", [], LEGACY),
    "typescript sdk 1.x, HTTP+SSE": ("typescript_sdk.mjs", [], LEGACY, ("--sse",), "/sse"),
    "typescript client, legacy": ("typescript_client.mjs", ["legacy"], LEGACY),
    "typescript client, pinned": ("typescript_client.mjs", [MODERN], MODERN),
    "typescript client, auto": ("typescript_client.mjs", ["auto"], MODERN),
}


def visit(options, name, script, mode, version, flags=(), path=""):
    """A visit that runs one script."""

    def work(url, _folder):
        return node_script.run(options, script, url, *mode, version)

    return http_suite.Visit(name, version, work, flags, path)


if __name__ == "__main__":
    parser = http_suite.options(__doc__)
    node_script.add_options(parser)
    given = parser.parse_args()
    http_suite.run(given, [visit(given, name, *what) for name, what in VISITS.items()])
