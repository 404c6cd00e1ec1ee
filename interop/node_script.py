"""Runs one of the scripts for Node.js that report a number of checks and their faults."""

import json
import subprocess
from pathlib import Path

TIME_LIMIT = 60


def add_options(parser):
    """The options that these scripts need."""
    parser.add_argument("--node", default="node", help="Node.js 22.19 or newer")
    parser.add_argument("--packages", required=True, help="the folder with node_modules")


def run(options, script, *arguments):
    """The report of a script beside this file."""
    command = [options.node, Path(__file__).with_name(script), options.packages, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT)
    except subprocess.TimeoutExpired:
        return 0, [f"{script}: no end within {TIME_LIMIT} s"]
    try:
        report = json.loads(done.stdout)
    except ValueError:
        return 0, [f"{script}: exit code {done.returncode}: {done.stdout[-1500:]}{done.stderr[-1500:]}"]
    return report["checks"], report["faults"]
