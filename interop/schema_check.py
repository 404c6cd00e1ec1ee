"""Checks every line of the orders and the fixture server, in every protocol version, against the official schemas.

Usage: python schema_check.py --server PATH --fixture PATH --schemas FOLDER
"""

import argparse
import sys
from pathlib import Path

import schema_script
from conversation import Conversation, GaveUp
from fixture_script import Fixture
from official_schema import LEGACY, MODERN, OfficialSchema
from server_process import no_args, orders_args


def main():
    """Runs the conversations; exits with 1 when any line or answer was wrong."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--server", required=True, help="the orders executable")
    options.add_argument("--fixture", required=True, action="append", help="a server that shows more than orders does")
    options.add_argument("--schemas", required=True, type=Path, help="folder with VERSION.json files")
    arguments = options.parse_args()

    absent = [version for version in [*LEGACY, MODERN] if not (arguments.schemas / f"{version}.json").is_file()]
    if absent:
        sys.exit(f"schema: {arguments.schemas} lacks the official schema of {', '.join(absent)}")

    faults, total, fixture = [], 0, Fixture()
    for version, scripts in plan().items():
        schema = OfficialSchema(arguments.schemas, version)
        orders = sum(hold(arguments.server, orders_args, schema, script, faults) for script in scripts)
        media = sum(hold(path, no_args, schema, fixture.visit, faults) for path in arguments.fixture)
        for server, validated in (("orders", orders), ("showcase and fixture", media)):
            if validated == 0:
                faults.append(f"{version}: not one message of {server} was validated")
        print(f"{version}: {orders + media} messages validated: {orders} of orders, {media} of showcase and fixture")
        total += orders + media
    faults += fixture.faults()

    for fault in faults:
        print(f"FAIL {fault}", file=sys.stderr)
    absent = fixture.absent()
    print(f"never shown: {', '.join(absent) or 'nothing is missing'}")
    validated = f"{total} messages validated in {len(plan())} versions"
    print(f"{validated}, {len(faults)} faults, {len(absent)} kinds never shown")
    sys.exit(1 if faults else 0)


def hold(server, arguments, schema, script, faults):
    """Holds one conversation with a new process; adds its faults and returns how many messages were validated."""
    talk = Conversation(server, arguments, schema)
    try:
        script(talk)
    except GaveUp:
        talk.fail("gave up: too many messages without an answer")
    talk.close()
    faults += talk.faults
    return talk.validated


def plan():
    """Which conversations are held with orders in which version."""
    newest_legacy = LEGACY[-1]
    scripts = {version: [schema_script.legacy] for version in LEGACY}
    scripts[newest_legacy].append(schema_script.handshake_with_a_modern_version)
    scripts[MODERN] = [schema_script.modern]
    return scripts


if __name__ == "__main__":
    main()
