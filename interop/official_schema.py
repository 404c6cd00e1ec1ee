"""The official JSON Schema of one protocol version, asked by definition name."""

import base64
import binascii
import json

from jsonschema import FormatChecker
from jsonschema.validators import validator_for

MODERN = "2026-07-28"
LEGACY = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]

RESULTS = {
    "initialize": "InitializeResult",
    "ping": "EmptyResult",
    "server/discover": "DiscoverResult",
    "tools/list": "ListToolsResult",
    "tools/call": "CallToolResult",
    "resources/list": "ListResourcesResult",
    "resources/templates/list": "ListResourceTemplatesResult",
    "resources/read": "ReadResourceResult",
    "resources/subscribe": "EmptyResult",
    "resources/unsubscribe": "EmptyResult",
    "prompts/list": "ListPromptsResult",
    "prompts/get": "GetPromptResult",
    "completion/complete": "CompleteResult",
    "logging/setLevel": "EmptyResult",
    "subscriptions/listen": "SubscriptionsListenResult",
}

# These definitions describe the error member; the ones below describe the whole response.
ERROR_MEMBERS = {
    -32700: "ParseError",
    -32600: "InvalidRequestError",
    -32601: "MethodNotFoundError",
    -32602: "InvalidParamsError",
    -32603: "InternalError",
}
ERROR_RESPONSES = {
    -32021: "MissingRequiredClientCapabilityError",
    -32022: "UnsupportedProtocolVersionError",
}

FORMATS = FormatChecker()


@FORMATS.checks("byte", raises=(binascii.Error, ValueError))
def is_base64(value):
    """Schema format `byte`: base64 with padding."""
    return not isinstance(value, str) or base64.b64decode(value, validate=True) is not None


class OfficialSchema:
    """Validates what a server writes against the schema published for one version."""

    def __init__(self, folder, version):
        self.version = version
        self.modern = version == MODERN
        self.schema = json.loads((folder / f"{version}.json").read_text(encoding="utf-8"))
        self.key = "$defs" if "$defs" in self.schema else "definitions"
        self.definitions = self.schema[self.key]
        self.validators = {}
        self.notifications = {
            definition["properties"]["method"]["const"]: name
            for name, definition in self.definitions.items()
            if name.endswith("Notification") and "const" in definition.get("properties", {}).get("method", {})
        }

    def problems(self, name, value):
        """What is wrong with `value` as the definition `name`, one line per fault."""
        if name not in self.definitions:
            return [f"the schema of {self.version} has no definition {name}"]
        if name not in self.validators:
            root = {**self.schema, "$ref": f"#/{self.key}/{name}"}
            self.validators[name] = validator_for(self.schema)(root, format_checker=FORMATS)
        return [f"{name} at {fault.json_path}: {fault.message}" for fault in self.validators[name].iter_errors(value)]

    def message_problems(self, message, method=None):
        """What is wrong with one line of the server; `method` is that of the request it answers."""
        if isinstance(message, list):
            return self.problems("JSONRPCBatchResponse", message)
        if not isinstance(message, dict):
            return [f"not an object: {message!r}"]
        if "method" in message:
            return self._notification_problems(message)
        faults = self.problems("JSONRPCMessage", message)
        if "error" in message:
            return faults + self._error_problems(message)
        faults += self.problems(self._result_envelope(), message)
        return faults + self._result_problems(message.get("result"), method)

    def _notification_problems(self, message):
        if "id" in message:
            return [f"the server sent a request ({message['method']}) to a client without capabilities"]
        if message["method"] not in self.notifications:
            return [f"{message['method']} is no notification of {self.version}"]
        return self.problems("JSONRPCNotification", message) + self.problems(
            self.notifications[message["method"]], message
        )

    def _error_problems(self, message):
        envelope = "JSONRPCErrorResponse" if "JSONRPCErrorResponse" in self.definitions else "JSONRPCError"
        faults = self.problems(envelope, message)
        code = message["error"].get("code") if isinstance(message["error"], dict) else None
        if self.modern and code in ERROR_MEMBERS:
            faults += self.problems(ERROR_MEMBERS[code], message["error"])
        if self.modern and code in ERROR_RESPONSES:
            faults += self.problems(ERROR_RESPONSES[code], message)
        return faults

    def _result_envelope(self):
        return "JSONRPCResultResponse" if "JSONRPCResultResponse" in self.definitions else "JSONRPCResponse"

    def _result_problems(self, result, method):
        if method not in RESULTS:
            return [f"a result for {method}, which has none"]
        name = RESULTS[method]
        if not isinstance(result, dict):
            return [f"the result of {method} is not an object"]
        if not self.modern:
            extra = {"resultType", "ttlMs", "cacheScope"} & result.keys()
            stray = [f"a {self.version} result carries {sorted(extra)}, which only {MODERN} knows"] if extra else []
            return self.problems(name, result) + stray
        if result.get("resultType") == "input_required":
            name = "InputRequiredResult"
        faults = self.problems(name, result)
        if "io.modelcontextprotocol/serverInfo" not in result.get("_meta", {}):
            faults.append(f"the result of {method} has no _meta serverInfo")
        return faults
