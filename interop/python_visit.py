"""What each version of the official Python client does with the orders server, over any transport."""

import asyncio
import json
import traceback


TIME_LIMIT = 60
ORDER_URI = "orders://ORD-101"
# A call after which whoever listens to that order is told.
CHANGE = ("add_order_note", {"order_id": "ORD-101", "note": "Left at the door."})


async def findings(era, refusal, connect):
    """Runs `connect`, which visits under the checks it is given; returns their number and the faults.

    `refusal` is the exception by which this client tells of a protocol error.
    """
    check = Checks(era, refusal)
    try:
        async with asyncio.timeout(TIME_LIMIT):
            await connect(check)
    except Exception as error:  # whatever the client raises is the finding
        return check.count, [f"{era}: {''.join(traceback.format_exception(cause))}" for cause in causes(error)]
    return check.count, []


def causes(error):
    """The exceptions that the client's task groups have wrapped."""
    if not isinstance(error, BaseExceptionGroup):
        return [error]
    return [cause for inner in error.exceptions for cause in causes(inner)]


async def visit(client, check):
    """List, create, read, update, delete, much at once, resources, prompt."""
    await tools(client, check)
    await at_once(client, check)
    await resources(client, check)
    await prompts(client, check)


def plain(result):
    """A result under the protocol's own names, which the versions of the client spell differently."""
    return result.model_dump(mode="json", by_alias=True, exclude_none=True)


async def tools(client, check):
    """The life of one order, and the ways to fail."""
    names = [tool["name"] for tool in plain(await client.list_tools())["tools"]]
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
    gone = plain(await client.call_tool("get_order_details", {"order_id": "ORD-900"}))
    check.true("a deleted order is a tool error", gone["isError"])
    wrong = plain(await client.call_tool("list_orders_by_status", {"status": "LOST"}))
    check.true("a wrong argument is a tool error", wrong["isError"])
    await check.refused("an unknown tool", client.call_tool("no_such_tool", {}))


async def order(client, check, tool, arguments):
    """Calls a tool that returns one order; its structured content."""
    result = plain(await client.call_tool(tool, arguments))
    check.true(f"{tool} succeeds: {result['content']}", not result.get("isError"))
    check.true(f"{tool} returns structured content", isinstance(result.get("structuredContent"), dict))
    return result["structuredContent"]


async def at_once(client, check):
    """Calls that wait for no other; each must get its own answer."""
    ids = [f"ORD-10{number % 4 + 1}" for number in range(24)]
    calls = [client.call_tool("get_order_details", {"order_id": order_id}) for order_id in ids]
    answers = [plain(answer)["structuredContent"]["order_id"] for answer in await asyncio.gather(*calls)]
    check.equal("the orders in the answers", answers, ids)


async def resources(client, check):
    """The template, the summary, and an order that is not there."""
    listed = plain(await client.list_resource_templates())["resourceTemplates"]
    templates = [template["uriTemplate"] for template in listed]
    check.true("the template of orders is listed", "orders://{order_id}" in templates)
    uris = [resource["uri"] for resource in plain(await client.list_resources())["resources"]]
    check.true("the summary is listed", "orders://summary" in uris)
    contents = plain(await client.read_resource("orders://ORD-101"))["contents"]
    check.equal("the order behind the URI", json.loads(contents[0]["text"])["order_id"], "ORD-101")
    summary = plain(await client.read_resource("orders://summary"))["contents"]
    check.true("the summary has text", summary[0]["text"])
    await check.refused("a missing order", client.read_resource("orders://ORD-999"))


async def prompts(client, check):
    """The prompt, filled and with its argument missing."""
    listed = [prompt["name"] for prompt in plain(await client.list_prompts())["prompts"]]
    check.true("refund_reply is listed", "refund_reply" in listed)
    messages = plain(await client.get_prompt("refund_reply", {"order_id": "ORD-101"}))["messages"]
    check.true("the prompt names the order", "ORD-101" in messages[0]["content"]["text"])
    await check.refused("a prompt without its argument", client.get_prompt("refund_reply", {}))


class Checks:
    """Counts what held and stops at the first thing that did not."""

    def __init__(self, era, refusal):
        self.era = era
        self.refusal = refusal
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
        except self.refusal:
            self.count += 1
            return
        raise AssertionError(f"{self.era}: {what} is not refused: {result}")
