"""One conversation with the server: sends requests, checks every line that comes back."""

import json
import time

from official_schema import MODERN
from server_process import ServerProcess
from tool_schemas import ToolSchemas

PATIENCE = 3  # so many unanswered messages end a conversation
CLIENT = {"name": "schema-check", "version": "1.0.0"}


class GaveUp(Exception):
    """The server left too many messages unanswered to go on."""


class Conversation:
    """Sends to one process and collects the faults found in what it writes."""

    def __init__(self, server, arguments, schema):
        self.schema = schema
        self.tools = ToolSchemas()
        self.process = ServerProcess(server, arguments)
        self.faults = []
        self.validated = 0
        self.seen = []  # the notifications, whole
        self.waiting = {}  # id -> method of the requests not answered yet
        self.count = 0
        self.silences = 0
        self.step = "start"

    def fail(self, what):
        """Records one fault of the step at hand."""
        self.faults.append(f"{self.schema.version}: {self.step}: {what}")

    def meta(self, **extra):
        """The `_meta` of a modern request."""
        prefix = "io.modelcontextprotocol/"
        own = {
            prefix + "protocolVersion": MODERN,
            prefix + "clientCapabilities": {},
            prefix + "clientInfo": CLIENT,
        }
        return {**own, **extra}

    def start(self, method, params=None, **meta):
        """Sends a request without waiting; ids are integers and strings in turn."""
        self.count += 1
        request_id = self.count if self.count % 2 else f"r-{self.count}"
        params = dict(params or {})
        if self.schema.modern:
            params = {"_meta": self.meta(**meta), **params}
        elif meta:
            params = {"_meta": meta, **params}
        self.waiting[request_id] = method
        self.send({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params})
        return request_id

    def ask(self, step, method, params=None, **meta):
        """Sends a request and returns its answer, or an empty object after a fault."""
        self.step = step
        request_id = self.start(method, params, **meta)
        return self.until(lambda message: answers(message, request_id)) or {}

    def result(self, step, method, params=None, **meta):
        """Like `ask`, for a request that must succeed; returns the result."""
        answer = self.ask(step, method, params, **meta)
        if "result" not in answer:
            self.fail(f"expected a result of {method}, got {shorten(answer)}")
        return answer.get("result", {})

    def error(self, step, codes, method, params=None, **meta):
        """Like `ask`, for a request that must be refused with one of `codes`."""
        answer = self.ask(step, method, params, **meta)
        self.expect_error(answer, codes)

    def expect_error(self, answer, codes):
        """Faults an answer that is no error with one of `codes`."""
        if (answer.get("error") or {}).get("code") not in codes:
            self.fail(f"expected error {' or '.join(map(str, codes))}, got {shorten(answer)}")

    def call(self, step, tool, arguments, is_error=False, **meta):
        """Calls a tool; `is_error` says whether the result must carry isError."""
        result = self.result(step, "tools/call", {"name": tool, "arguments": arguments}, **meta)
        if result and bool(result.get("isError")) != is_error:
            self.fail(f"expected isError {is_error}, got {shorten(result)}")
        for fault in self.tools.result_faults(tool, result):
            self.fail(fault)
        return result

    def notify(self, method, params=None):
        """Sends a notification."""
        self.send({"jsonrpc": "2.0", "method": method, "params": params or {}})

    def malformed(self, step, frame, codes):
        """Sends a broken frame, which must be answered by an error that names no request."""
        self.step = step
        self.send(frame)
        answer = self.until(lambda message: isinstance(message, dict) and "error" in message) or {}
        self.expect_error(answer, codes)

    def until(self, wanted):
        """Reads and checks lines up to the first that `wanted` accepts; None (and a fault) if it never comes."""
        while (line := self.process.next_line()) is not None:
            message = self._check(line)
            if message is not None and wanted(message):
                return message
        self.fail("no answer: the server is silent or has ended")
        self.silences += 1
        if self.silences == PATIENCE:
            raise GaveUp
        return None

    def drain(self, seconds):
        """Reads and checks whatever comes within that time; returns the messages."""
        deadline = time.monotonic() + seconds
        messages = []
        while (line := self.process.next_line(max(0.0, deadline - time.monotonic()))) is not None:
            messages.append(self._check(line))
        return messages

    def close(self):
        """Closes the input; the server must write nothing invalid, end by itself and with success."""
        self.step = "end of input"
        last, code, log = self.process.close()
        for line in last:
            self._check(line)
        if code != 0:
            self.fail("the server did not exit at end of input" if code is None else f"exit code {code}")
        if self.faults and log.strip():
            lines = list(dict.fromkeys(line[:300] for line in log.strip().splitlines()))  # each but once
            end = "\n".join(lines[-12:])
            self.faults.append(f"{self.schema.version}: the server's stderr ended with:\n{end}")

    def send(self, frame):
        """Writes one frame; a closed input is a fault."""
        try:
            self.process.send(frame)
        except OSError:
            self.fail("the server has closed its input")

    def _check(self, line):
        try:
            message = json.loads(line)
        except ValueError:
            self.fail(f"a line that is not JSON: {line[:200]!r}")
            return None
        self.validated += 1
        for part in message if isinstance(message, list) else [message]:
            self._check_message(part)
        if isinstance(message, list):
            self._report(self.schema.message_problems(message), message)
        return message

    def _check_message(self, message):
        method = None
        if isinstance(message, dict) and "method" in message:
            self.seen.append(message)
        elif isinstance(message, dict):
            request_id = message.get("id")
            if request_id is not None and request_id not in self.waiting:
                self.fail(f"an answer to no request of ours: {shorten(message)}")
                return
            method = self.waiting.pop(request_id, None)
            message = self._excuse_missing_id(message)
        self._report(self.schema.message_problems(message, method), message)

    def _excuse_missing_id(self, message):
        # Up to 2025-06-18 the schema demands an id even where none could be read; JSON-RPC says null.
        if "error" in message and message.get("id") is None and self.schema.version < "2025-11-25":
            return {**message, "id": 0}
        return message

    def _report(self, problems, message):
        for problem in problems:
            self.fail(f"{problem} in {shorten(message)}")


def answers(message, request_id):
    """Whether `message` is the response to that id, of the same JSON type."""
    return (
        isinstance(message, dict)
        and "method" not in message
        and type(message.get("id")) is type(request_id)
        and message["id"] == request_id
    )


def shorten(message):
    """A message as one short line."""
    text = json.dumps(message)
    return text if len(text) <= 400 else text[:400] + "…"
