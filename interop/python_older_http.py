"""Works with the orders server through the newest 1.x of the official Python client over Streamable HTTP.

Usage: python python_older_http.py --server PATH --schemas FOLDER, with the packages of requirements-older.txt
"""

import asyncio

from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import McpError
from pydantic import AnyUrl

import http_suite
import python_visit

ERA, VERSION = "python 1.x", "2025-11-25"


def work(url, _folder):
    """Visits a URL."""
    return asyncio.run(python_visit.findings(ERA, McpError, lambda check: visit(check, url)))


async def visit(check, url):
    """Connects, does what every Python client does, hears of a change, and ends the session."""
    told = asyncio.Queue()
    async with streamable_http_client(url) as (read, write, session_id):
        async with ClientSession(read, write, message_handler=told.put) as session:
            hello = await session.initialize()
            check.equal("the negotiated version", hello.protocolVersion, VERSION)
            check.true("the server says its name", hello.serverInfo.name)
            check.true("there is a session", session_id())
            await session.send_ping()
            await python_visit.visit(session, check)
            await session.subscribe_resource(AnyUrl(python_visit.ORDER_URI))
            await session.call_tool(*python_visit.CHANGE)
            change = await told.get()
            check.equal("the resource that changed", str(change.root.params.uri), python_visit.ORDER_URI)


if __name__ == "__main__":
    http_suite.run(http_suite.options(__doc__).parse_args(), [http_suite.Visit(ERA, VERSION, work)])
