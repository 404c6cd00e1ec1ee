"""Checks every line the orders server writes, in every protocol version, against the official schemas.

Usage: python schema_check.py --server PATH --schemas FOLDER
"""

import argparse
import sys
from pathlib import Path

import schema_script
from conversation import Conversation, GaveUp
from official_schema import LEGACY, MODERN, OfficialSchema


def main():
    """Runs the conversations; exits with 1 when any line or answer was wrong."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--server", required=True, help="the orders executable")
    options.add_argument("--schemas", required=True, type=Path, help="folder with VERSION.json files")
    arguments = options.parse_args()

    absent = [version for version in [*LEGACY, MODERN] if not (arguments.schemas / f"{version}.json").is_file()]
    if absent:
        sys.exit(f"schema: {arguments.schemas} lacks the official schema of {', '.join(absent)}")

    faults, total = [], 0
    for version, scripts in plan():
        schema = OfficialSchema(arguments.schemas, version)
        validated = 0
        for script in scripts:
            talk = Conversation(arguments.server, schema)
            try:
                script(talk)
            except GaveUp:
                talk.fail("gave up: too many messages without an answer")
            talk.close()
            faults += talk.faults
            validated += talk.validated
        if validated == 0:
            faults.append(f"{version}: not one message was validated")
        print(f"{version}: {validated} messages validated")
        total += validated

    for fault in faults:
        print(f"FAIL {fault}", file=sys.stderr)
    print(f"{total} messages validated in {len(plan())} versions, {len(faults)} faults")
    sys.exit(1 if faults else 0)


def plan():
    """Which conversations are held in which version."""
    newest_legacy = LEGACY[-1]
    scripts = {version: [schema_script.legacy] for version in LEGACY}
    scripts[newest_legacy].append(schema_script.handshake_with_a_modern_version)
    scripts[MODERN] = [schema_script.modern]
    return list(scripts.items())


if __name__ == "__main__":
    main()
