"""A client that is cheap enough to be many: HTTP/1.1 on asyncio, without packages."""

import asyncio
import json
from collections import deque
from urllib.parse import urlsplit

MODERN = "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": {"name": "load", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


class Address:
    """Where a server is, and what requests to it look like."""

    def __init__(self, url):
        parts = urlsplit(url)
        self.host, self.port, self.path, self.netloc = parts.hostname, parts.port, parts.path, parts.netloc

    def post(self, message, **headers):
        """A request with one message."""
        body = json.dumps(message).encode()
        lines = [
            f"POST {self.path} HTTP/1.1",
            f"host: {self.netloc}",
            "content-type: application/json",
            "accept: application/json, text/event-stream",
            f"content-length: {len(body)}",
            *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
        ]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def request(self, method, params, **headers):
        """A request of the modern version."""
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": META}}
        return self.post(message, mcp_protocol_version=MODERN, mcp_method=method, **headers)

    def call(self, tool, **arguments):
        """A call of a tool."""
        return self.request("tools/call", {"name": tool, "arguments": arguments}, mcp_name=tool)


class Client(asyncio.Protocol):
    """One connection that is kept alive; answers come in the order of the requests."""

    def __init__(self, address):
        self.address = address
        self.received = bytearray()
        self.waiting = deque()
        self.transport = None

    @classmethod
    async def connect(cls, address):
        """A client that is connected."""
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(lambda: cls(address), address.host, address.port)
        return client

    def connection_made(self, transport):
        """Keeps what to write to."""
        self.transport = transport

    def data_received(self, data):
        """Gives each whole answer to who waits for it."""
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            head = self.received[:end].decode()
            fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:])
            whole = end + 4 + int(fields.get("content-length", 0))
            if len(self.received) < whole:
                return
            body = bytes(self.received[end + 4 : whole])
            del self.received[:whole]
            answer = self.waiting.popleft()
            if not answer.done():
                answer.set_result((int(head.split(" ", 2)[1]), fields, body))

    def connection_lost(self, error):
        """Whoever still waits, waits in vain."""
        for answer in self.waiting:
            if not answer.done():
                answer.set_exception(ConnectionError(f"the server closed the connection: {error}"))

    def send(self, request):
        """Sends a request; gives the future of its status, headers and body."""
        answer = asyncio.get_running_loop().create_future()
        self.waiting.append(answer)
        self.transport.write(request)
        return answer

    async def says(self, tool, text, **arguments):
        """Calls a tool that says the text again; gives the faults."""
        try:
            status, _, body = await self.send(self.address.call(tool, text=text, **arguments))
        except OSError as error:
            return [f"{tool} {text}: {error}"]
        if status != 200 or json.loads(body)["result"]["content"][0]["text"] != text:
            return [f"{tool} {text} was answered with {status} {body[:200]!r}"]
        return []

    def close(self):
        """Ends the connection."""
        self.transport.abort()
