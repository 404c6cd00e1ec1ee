"""Works with the orders server through both official TypeScript clients over Streamable HTTP.

Usage: python typescript_http.py --server PATH --schemas FOLDER --node PATH --packages FOLDER
"""

import json
import subprocess
from pathlib import Path

import http_suite

LEGACY, MODERN = "2025-11-25", "2026-07-28"
# The script, how it negotiates if it can, and the version that must come out of it.
VISITS = {
    "typescript sdk 1.x": ("typescript_sdk.mjs", [], LEGACY),
    "typescript client, legacy": ("typescript_client.mjs", ["legacy"], LEGACY),
    "typescript client, pinned": ("typescript_client.mjs", [MODERN], MODERN),
    "typescript client, auto": ("typescript_client.mjs", ["auto"], MODERN),
}
TIME_LIMIT = 60


def visitor(arguments, script, mode, version):
    """What visits a URL by running one script."""

    def work(url, _folder):
        path = Path(__file__).with_name(script)
        command = [arguments.node, path, arguments.packages, url, *mode, version]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT)
        except subprocess.TimeoutExpired:
            return 0, [f"no end within {TIME_LIMIT} s"]
        try:
            report = json.loads(done.stdout)
        except ValueError:
            return 0, [f"exit code {done.returncode}: {done.stdout[-1500:]}{done.stderr[-1500:]}"]
        return report["checks"], report["faults"]

    return work


if __name__ == "__main__":
    parser = http_suite.options(__doc__)
    parser.add_argument("--node", default="node", help="Node.js 22.19 or newer")
    parser.add_argument("--packages", required=True, help="the folder with node_modules")
    given = parser.parse_args()
    visits = [http_suite.Visit(name, what[-1], visitor(given, *what)) for name, what in VISITS.items()]
    http_suite.run(given, visits)
