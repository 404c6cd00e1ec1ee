"""What Streamable HTTP demands of a response: its status, its headers, and where its messages stand."""

import json

from official_schema import MODERN

METHOD_NOT_FOUND = -32601
# Errors that refuse the request as such; their status tells intermediaries so.
REFUSALS = (-32020, -32021, -32022)
# Python clients complain of any other answer to the end of a session.
ENDED = (200, 204, 405)
# What a browser asks before it lets a page ask; the last is for a page of an origin that is not allowed.
PREFLIGHT = (200, 204, 403)


def faults(exchange, version):
    """What is wrong with one response in that version, one line per fault."""
    if exchange.status == 0:
        return []  # The client went away first.
    if exchange.method == "OPTIONS":
        return [] if exchange.status in PREFLIGHT else [f"a preflight was answered with {exchange.status}"]
    if exchange.method == "GET":
        return get_faults(exchange, version)
    if exchange.method == "DELETE":
        return [] if exchange.status in ENDED else [f"DELETE was answered with {exchange.status}"]
    message = exchange.request() or {}
    found = session_faults(exchange, message, version)
    if "id" not in message:
        return found + notification_faults(exchange)
    return found + (request_faults(exchange, version) if "method" in message else [])


def session_faults(exchange, message, version):
    """Sessions are legacy, and an id of one has visible ASCII only."""
    session = exchange.response_headers.get("mcp-session-id")
    if session is None:
        return []
    if version == MODERN:
        return [f"{message.get('method')} was answered with a session"]
    return [] if session and all(0x21 <= ord(letter) <= 0x7E for letter in session) else [f"session {session!r}"]


def get_faults(exchange, version):
    """A stream of what the server says unasked, which only legacy versions have and no server must."""
    streams = version != MODERN and exchange.status == 200 and exchange.kind() == "text/event-stream"
    if not streams and exchange.status != 405:
        return [f"GET was answered with {exchange.status} {exchange.kind()}"]
    return [f"GET brought an answer: {text}" for text in exchange.answers() if "method" not in json.loads(text)]


def notification_faults(exchange):
    """What needs no answer is accepted, with nothing more to say."""
    if exchange.status == 202 and not exchange.response_body:
        return []
    return [f"a notification was answered with {exchange.status} {exchange.response_body[:200]!r}"]


def request_faults(exchange, version):
    """An answer of its own, as one JSON object or at the end of a stream."""
    if exchange.kind() not in ("application/json", "text/event-stream"):
        return [f"a request was answered with {exchange.status} {exchange.kind() or 'without a content type'}"]
    answers = [json.loads(text) for text in exchange.answers()]
    found = status_faults(exchange, version, answers[-1] if answers else {})
    if exchange.kind() == "application/json":
        return found
    if exchange.whole and (not answers or "method" in answers[-1]):
        found.append("a stream ended without an answer")
    if any("method" not in answer for answer in answers[:-1]):
        found.append("a stream went on after its answer")
    return found + (modern_stream_faults(exchange) if version == MODERN else [])


def status_faults(exchange, version, answer):
    """Older clients take 404 for a lost session and any other 4xx for a broken one, so all is 200 to them."""
    code = answer.get("error", {}).get("code")
    allowed = {200}
    if version == MODERN and code == METHOD_NOT_FOUND:
        allowed = {404}
    elif version == MODERN and code in REFUSALS:
        allowed = {400}
    elif version == MODERN and code is not None:
        allowed = {200, 400}
    if exchange.status in allowed:
        return []
    return [f"error {code} came with status {exchange.status}, not {' or '.join(map(str, sorted(allowed)))}"]


def modern_stream_faults(exchange):
    """A stream that cannot be resumed numbers nothing, and asks proxies to pass each event on at once."""
    numbered = any(line.startswith("id:") for event in exchange.events() for line in event.split("\n"))
    found = ["an event has an id, yet there is no resumption"] if numbered else []
    if exchange.response_headers.get("x-accel-buffering") != "no":
        found.append("a stream lacks X-Accel-Buffering: no")
    return found
