"""The orders server over Streamable HTTP with rmcp, whose tests in `projects/orders` are told the relay's URL.

Usage: python rmcp_http.py --server PATH --schemas FOLDER
"""

import http_suite
from rmcp_client import run

# The test for each way to begin, and the version that must come out of it.
TESTS = {
    "rmcp::an_order_lives_over_http_after_the_handshake": "2025-11-25",
    "rmcp::an_order_lives_over_http_in_the_stateless_version": "2026-07-28",
}


def visitor(test):
    """What visits a URL with one test, which counts as one check."""

    def work(url, _folder):
        return 1, run(test, "ORDERS_URL_UNDER_TEST", url)

    return work


if __name__ == "__main__":
    given = http_suite.options(__doc__).parse_args()
    http_suite.run(given, [http_suite.Visit(test, version, visitor(test)) for test, version in TESTS.items()])
