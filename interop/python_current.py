"""A visit through the current official Python client, to a server that it starts or finds at a URL."""

import asyncio
import warnings

from mcp import Client
from mcp.shared.exceptions import MCPDeprecationWarning

import python_visit
from python_visit import CHANGE, ORDER_URI

# How the client negotiates, and the version that must come out of it.
ERAS = {"legacy": "2025-11-25", "2026-07-28": "2026-07-28", "auto": "2026-07-28"}


async def visit(check, server, era, version):
    """Connects to the parameters of a command, or to a URL, and does what every Python client does."""
    told = asyncio.Queue()
    async with Client(server, mode=era, read_timeout_seconds=20, message_handler=told.put) as client:
        check.equal("the negotiated version", client.protocol_version, version)
        if era != version:  # a pinned version skips the exchange that names the server
            check.true("the server says its name", client.server_info and client.server_info.name)
        await python_visit.visit(client, check)
        if era == "legacy":
            await subscribe(client, check, told)
        else:
            await listen(client, check)


async def subscribe(client, check, told):
    """Older versions tell of a change on the session."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MCPDeprecationWarning)
        await client.subscribe_resource(ORDER_URI)
    await client.call_tool(*CHANGE)
    while (message := await told.get()).method != "notifications/resources/updated":
        pass
    check.equal("the resource that changed", str(message.params.uri), ORDER_URI)


async def listen(client, check):
    """The newest version tells of a change on the answer to the request that asked for it."""
    async with client.listen(resource_subscriptions=[ORDER_URI]) as changes:
        check.equal("what is promised", changes.honored.resource_subscriptions, [ORDER_URI])
        await client.call_tool(*CHANGE)
        change = await anext(aiter(changes))
        check.equal("the resource that changed", change.uri, ORDER_URI)
