"""Works with the orders server through the command line of the MCP Inspector over Streamable HTTP, in both eras.

Usage: python inspector_http.py --server PATH --schemas FOLDER --inspector PATH --node PATH
"""

import http_suite
from inspector_visit import VERSIONS, Inspector, visit


def visitor(arguments, era):
    """What visits a URL in one era."""

    def work(url, folder):
        inspector = Inspector(arguments, era, folder, {"type": "streamable-http", "url": url})
        visit(inspector)
        return inspector.count, inspector.faults

    return work


if __name__ == "__main__":
    parser = http_suite.options(__doc__)
    parser.add_argument("--inspector", required=True, help="the mcp-inspector script")
    parser.add_argument("--node", default="node", help="Node.js 22.19 or newer")
    given = parser.parse_args()
    visits = [http_suite.Visit(f"inspector {era}", version, visitor(given, era)) for era, version in VERSIONS.items()]
    http_suite.run(given, visits)
