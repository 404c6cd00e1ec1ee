"""A visit through the current official Python client, to a server that it starts or finds at a URL."""

from mcp import Client

import python_visit

# How the client negotiates, and the version that must come out of it.
ERAS = {"legacy": "2025-11-25", "2026-07-28": "2026-07-28", "auto": "2026-07-28"}


async def visit(check, server, era, version):
    """Connects to the parameters of a command, or to a URL, and does what every Python client does."""
    async with Client(server, mode=era, read_timeout_seconds=20) as client:
        check.equal("the negotiated version", client.protocol_version, version)
        if era != version:  # a pinned version skips the exchange that names the server
            check.true("the server says its name", client.server_info and client.server_info.name)
        await python_visit.visit(client, check)
