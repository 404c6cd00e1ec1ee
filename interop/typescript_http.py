"""Works with the orders server through both official TypeScript clients over Streamable HTTP.

Usage: python typescript_http.py --server PATH --schemas FOLDER --node PATH --packages FOLDER
"""

import http_suite
import node_script

LEGACY, MODERN = "2025-11-25", "2026-07-28"
# The script, how it negotiates if it can, and the version that must come out of it.
VISITS = {
    "typescript sdk 1.x": ("typescript_sdk.mjs", [], LEGACY),
    "typescript client, legacy": ("typescript_client.mjs", ["legacy"], LEGACY),
    "typescript client, pinned": ("typescript_client.mjs", [MODERN], MODERN),
    "typescript client, auto": ("typescript_client.mjs", ["auto"], MODERN),
}


def visitor(options, script, mode, version):
    """What visits a URL by running one script."""

    def work(url, _folder):
        return node_script.run(options, script, url, *mode, version)

    return work


if __name__ == "__main__":
    parser = http_suite.options(__doc__)
    node_script.add_options(parser)
    given = parser.parse_args()
    visits = [http_suite.Visit(name, what[-1], visitor(given, *what)) for name, what in VISITS.items()]
    http_suite.run(given, visits)
