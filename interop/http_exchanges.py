"""Reads the requests and responses out of what the relay recorded."""

import json
from dataclasses import dataclass, field

import h11


@dataclass
class Exchange:
    """One HTTP request and its response, as far as it came."""

    order: int
    method: str
    target: str
    headers: dict
    body: bytes = b""
    status: int = 0  # none has come
    response_headers: dict = field(default_factory=dict)
    response_body: bytes = b""
    whole: bool = False  # the response came to its end

    def kind(self):
        """The response's media type."""
        return self.response_headers.get("content-type", "").split(";")[0].strip().lower()

    def session(self):
        """The legacy session, which the response to `initialize` names first."""
        return self.headers.get("mcp-session-id") or self.response_headers.get("mcp-session-id")

    def request(self):
        """The message of the client, or None when the body is no JSON object."""
        try:
            message = json.loads(self.body)
        except ValueError:
            return None
        return message if isinstance(message, dict) else None

    def answers(self):
        """The messages of the server, as text."""
        if self.kind() == "text/event-stream":
            return [data for data in map(event_data, self.events()) if data]
        return [self.response_body.decode(errors="replace")] if self.kind() == "application/json" else []

    def events(self):
        """The blocks of an event stream; one that was cut off counts for nothing."""
        text = self.response_body.decode(errors="replace").replace("\r\n", "\n").replace("\r", "\n")
        return text.split("\n\n")[:-1]


def event_data(event):
    """The data of one event, or an empty text for a comment."""
    lines = [line for line in event.split("\n") if line.startswith("data:")]
    return "\n".join(line.removeprefix("data:").removeprefix(" ") for line in lines)


def exchanges(connections):
    """All exchanges of all connections, in the order of their requests."""
    found = [exchange for chunks in connections for exchange in of_connection(chunks)]
    return sorted(found, key=lambda exchange: exchange.order)


def of_connection(chunks):
    """The exchanges of one connection, one after the other."""
    # Each of the two parsers needs to know what the other side has said: whatever one reads, the other "sends".
    requests, responses = h11.Connection(h11.SERVER), h11.Connection(h11.CLIENT)
    found = []
    for order, who, data in chunks:
        reader, writer = (requests, responses) if who == "client" else (responses, requests)
        reader.receive_data(data)
        while (event := reader.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
            if isinstance(event, h11.ConnectionClosed):
                break
            note(found, order, event, who)
            writer.send(event)
            if reader.our_state is h11.DONE and reader.their_state is h11.DONE:
                requests.start_next_cycle()
                responses.start_next_cycle()
                break
    return found


def note(found, order, event, who):
    """Adds one piece to the exchange it belongs to."""
    if isinstance(event, h11.Request):
        found.append(Exchange(order, event.method.decode(), event.target.decode(), header_dict(event)))
    elif isinstance(event, h11.Response):
        found[-1].status = event.status_code
        found[-1].response_headers = header_dict(event)
    elif isinstance(event, h11.Data) and who == "client":
        found[-1].body += event.data
    elif isinstance(event, h11.Data):
        found[-1].response_body += event.data
    elif isinstance(event, h11.EndOfMessage) and who == "server":
        found[-1].whole = True


def header_dict(event):
    """The headers by lower-case name."""
    return {name.decode().lower(): value.decode() for name, value in event.headers}
