"""Works with the orders server through the current official Python client over Streamable HTTP, in each era.

Usage: python python_http.py --server PATH --schemas FOLDER
"""

import asyncio

from mcp.shared.exceptions import MCPError

import http_suite
from python_current import ERAS, visit
from python_visit import findings


def visitor(era, version):
    """What visits a URL in one era."""

    def work(url, _folder):
        return asyncio.run(findings(era, MCPError, lambda check: visit(check, url, era, version)))

    return work


if __name__ == "__main__":
    visits = [http_suite.Visit(f"python {era}", version, visitor(era, version)) for era, version in ERAS.items()]
    http_suite.run(http_suite.options(__doc__).parse_args(), visits)
