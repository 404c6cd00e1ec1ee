"""What both sides of the official conformance suite have in common: its command line, and ours."""

import argparse
import subprocess

VERSIONS = ("2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28")
# A check that every scenario gets, and that is true of a program that says nothing.
ENVELOPE = "wire-schema-valid"


class Command:
    """The suite's command line."""

    def __init__(self, node, script, time_limit):
        self.words = [node, script]
        self.time_limit = time_limit

    def call(self, *arguments):
        """One run of the command."""
        return subprocess.run([*self.words, *arguments], capture_output=True, text=True, timeout=self.time_limit)


def options(description, side, program):
    """The arguments of a script that holds the program of one side to the suite."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(f"--{side}", required=True, help=f"the {program} executable")
    parser.add_argument("--node", default="node", help="Node.js 22 or newer")
    parser.add_argument("--suite", required=True, help="the conformance script")
    parser.add_argument("--only", action="append", help="a scenario to run instead of all")
    return parser.parse_args()
