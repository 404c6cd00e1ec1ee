"""Works with the orders server through the newest 1.x of the official Python client over Streamable HTTP, and
over HTTP+SSE, which clients of 2024-11-05 know alone.

Usage: python python_older_http.py --server PATH --schemas FOLDER, with the packages of requirements-older.txt
"""

import asyncio

from mcp import ClientSession
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import McpError
from pydantic import AnyUrl

import http_suite
import python_visit

VERSION = "2025-11-25"


def visitor(era, transport):
    """What visits a URL over a transport."""

    def work(url, _folder):
        return asyncio.run(python_visit.findings(era, McpError, lambda check: transport(check, url)))

    return work


async def streamable(check, url):
    """Over Streamable HTTP there is a session, whose end the client tells."""
    async with streamable_http_client(url) as (read, write, session_id):
        await visit(check, read, write)
        check.true("there is a session", session_id())


async def sse(check, url):
    """Over HTTP+SSE the stream is the session."""
    async with sse_client(url) as (read, write):
        await visit(check, read, write)


async def visit(check, read, write):
    """Connects, does what every Python client does, and hears of a change."""
    told = asyncio.Queue()
    async with ClientSession(read, write, message_handler=told.put) as session:
        hello = await session.initialize()
        check.equal("the negotiated version", hello.protocolVersion, VERSION)
        check.true("the server says its name", hello.serverInfo.name)
        await session.send_ping()
        await python_visit.visit(session, check)
        await session.subscribe_resource(AnyUrl(python_visit.ORDER_URI))
        await session.call_tool(*python_visit.CHANGE)
        change = await told.get()
        check.equal("the resource that changed", str(change.root.params.uri), python_visit.ORDER_URI)


VISITS = [
    http_suite.Visit("python 1.x", VERSION, visitor("python 1.x", streamable)),
    http_suite.Visit("python 1.x, HTTP+SSE", VERSION, visitor("python 1.x, HTTP+SSE", sse), ("--sse",), "/sse"),
]

if __name__ == "__main__":
    http_suite.run(http_suite.options(__doc__).parse_args(), VISITS)
