"""Works with the orders server through the official Python client, in each era that client speaks.

Every line the server writes to it is recorded and judged by the official schema.
Usage: python python_client.py --server PATH --schemas FOLDER
"""

import argparse
import asyncio
import json
import sys
import tempfile
import traceback
from pathlib import Path

from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.shared.exceptions import MCPError

from recording import Recordings, recorded
from server_process import orders_args

# How the client negotiates, and the version that must come out of it.
ERAS = {"legacy": "2025-11-25", "2026-07-28": "2026-07-28", "auto": "2026-07-28"}
TIME_LIMIT = 60


async def main():
    """Runs the same visit in each era; exits with 1 after any failure."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--server", required=True, help="the orders executable")
    options.add_argument("--schemas", required=True, type=Path, help="folder with VERSION.json files")
    arguments = options.parse_args()
    failed = total = 0
    for era, version in ERAS.items():
        recordings = Recordings(arguments.schemas, era, version)
        faults, checks = [], 0
        with tempfile.TemporaryDirectory(prefix="toolwright-interop-") as folder:
            try:
                async with asyncio.timeout(TIME_LIMIT):
                    checks = await visit(recorded(folder, [arguments.server, *orders_args(folder)]), era, version)
            except Exception as error:  # whatever the client raises is the finding
                faults += [f"{era}: {''.join(traceback.format_exception(cause))}" for cause in causes(error)]
            recordings.judge(folder)
        faults += recordings.faults
        for fault in faults:
            print(f"FAIL {fault}", file=sys.stderr)
        print(f"{era}: {checks} checks, {recordings.validated} messages validated, {len(faults)} faults")
        failed += bool(faults)
        total += recordings.validated
    works = f"{len(ERAS) - failed} of {len(ERAS)} eras work with the official Python client"
    print(f"{works}, {total} messages validated")
    sys.exit(1 if failed else 0)


def causes(error):
    """The exceptions that the client's task groups have wrapped."""
    if not isinstance(error, BaseExceptionGroup):
        return [error]
    return [cause for inner in error.exceptions for cause in causes(inner)]


async def visit(command, era, version):
    """List, create, read, update, delete, resources, prompt; returns the number of checks."""
    check = Checks(era)
    parameters = StdioServerParameters(command=command[0], args=command[1:])
    async with Client(parameters, mode=era, read_timeout_seconds=20) as client:
        check.equal("the negotiated version", client.protocol_version, version)
        if era != version:  # a pinned version skips the exchange that names the server
            check.true("the server says its name", client.server_info and client.server_info.name)
        await tools(client, check)
        await resources(client, check)
        await prompts(client, check)
    return check.count


async def tools(client, check):
    """The life of one order, and the ways to fail."""
    names = [tool.name for tool in (await client.list_tools()).tools]
    check.true("create_order is listed", "create_order" in names)
    new = {"customer_email": "dora@example.com", "total_amount": 12.5, "order_id": "ORD-900"}
    created = await order(client, check, "create_order", new)
    check.equal("the created id", created["order_id"], "ORD-900")
    updated = await order(client, check, "update_order_status", {"order_id": "ORD-900", "status": "CANCELLED"})
    check.equal("the updated status", updated["status"], "CANCELLED")
    read = await order(client, check, "get_order_details", {"order_id": "ORD-900"})
    check.equal("the status read back", read["status"], "CANCELLED")
    seeded = await order(client, check, "get_order_details", {"order_id": "ORD-101"})
    check.equal("the seeded amount", float(seeded["total_amount"]), 120.5)
    await client.call_tool("delete_order", {"order_id": "ORD-900"})
    gone = await client.call_tool("get_order_details", {"order_id": "ORD-900"})
    check.true("a deleted order is a tool error", gone.is_error)
    wrong = await client.call_tool("list_orders_by_status", {"status": "LOST"})
    check.true("a wrong argument is a tool error", wrong.is_error)
    await check.refused("an unknown tool", client.call_tool("no_such_tool", {}))


async def order(client, check, tool, arguments):
    """Calls a tool that returns one order; its structured content."""
    result = await client.call_tool(tool, arguments)
    check.true(f"{tool} succeeds: {result.content}", not result.is_error)
    check.true(f"{tool} returns structured content", isinstance(result.structured_content, dict))
    return result.structured_content


async def resources(client, check):
    """The template, the summary, and an order that is not there."""
    templates = [template.uri_template for template in (await client.list_resource_templates()).resource_templates]
    check.true("the template of orders is listed", "orders://{order_id}" in templates)
    listed = [str(resource.uri) for resource in (await client.list_resources()).resources]
    check.true("the summary is listed", "orders://summary" in listed)
    contents = (await client.read_resource("orders://ORD-101")).contents
    check.equal("the order behind the URI", json.loads(contents[0].text)["order_id"], "ORD-101")
    check.true("the summary has text", (await client.read_resource("orders://summary")).contents[0].text)
    await check.refused("a missing order", client.read_resource("orders://ORD-999"))


async def prompts(client, check):
    """The prompt, filled and with its argument missing."""
    listed = [prompt.name for prompt in (await client.list_prompts()).prompts]
    check.true("refund_reply is listed", "refund_reply" in listed)
    messages = (await client.get_prompt("refund_reply", {"order_id": "ORD-101"})).messages
    check.true("the prompt names the order", "ORD-101" in messages[0].content.text)
    await check.refused("a prompt without its argument", client.get_prompt("refund_reply", {}))


class Checks:
    """Counts what held and stops at the first thing that did not."""

    def __init__(self, era):
        self.era = era
        self.count = 0

    def true(self, what, value):
        """Fails unless `value` is true."""
        self.count += 1
        if not value:
            raise AssertionError(f"{self.era}: not so: {what}")

    def equal(self, what, got, expected):
        """Fails unless both are equal, and shows both."""
        self.true(f"{what} is {expected!r}, got {got!r}", got == expected)

    async def refused(self, what, request):
        """Fails unless the server answers with a protocol error."""
        try:
            result = await request
        except MCPError:
            self.count += 1
            return
        raise AssertionError(f"{self.era}: {what} is not refused: {result}")


if __name__ == "__main__":
    asyncio.run(main())
