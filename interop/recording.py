"""Judges what was recorded: every message of the server under the official schema of the version in use."""

import json
import sys
from pathlib import Path

import http_rules
from official_schema import MODERN, OfficialSchema
from tool_schemas import ToolSchemas

RECORDER = Path(__file__).with_name("recorder.py")
VERSION = "io.modelcontextprotocol/protocolVersion"


def recorded(folder, command):
    """The command that runs `command` and records its lines in `folder`."""
    return [sys.executable, "-B", str(RECORDER), str(folder), "--", *command]


class Recordings:
    """The recordings of one client in one era, from standard input and output or from HTTP."""

    def __init__(self, schemas, era, version):
        self.schemas = schemas
        self.era = era
        self.version = version  # which the client must have negotiated
        self.loaded = {}
        self.validated = 0
        self.faults = []

    def judge(self, folder):
        """Validates all that the recorder wrote into `folder`."""
        for file in sorted(Path(folder).glob("*.jsonl")):
            run = Run(self)
            for line in file.read_text(encoding="utf-8").splitlines():
                run.hear(*json.loads(line))
        self._conclude()

    def judge_http(self, exchanges):
        """Validates all that the relay recorded, and the responses that carried it."""
        sessions = {}
        for exchange in exchanges:
            run = sessions.setdefault(exchange.session(), Run(self))
            if exchange.body:
                run.hear("client", exchange.body.decode(errors="replace"))
            for message in exchange.answers():
                run.hear("server", message)
            for fault in http_rules.faults(exchange, self.version):
                run.fail(fault)
        self._conclude()

    def _conclude(self):
        # Not one message of a server is a fault, and so is a foreign version.
        if self.validated == 0:
            self.faults.append(f"{self.era}: not one recorded message was validated")
        if set(self.loaded) - {self.version}:
            self.faults.append(f"{self.era}: expected only {self.version}, recorded {sorted(self.loaded)}")

    def schema(self, version):
        """The official schema of a version."""
        if version not in self.loaded:
            self.loaded[version] = OfficialSchema(self.schemas, version)
        return self.loaded[version]


class Run:
    """One process or session of the server, message by message."""

    def __init__(self, recordings):
        self.recordings = recordings
        self.negotiated = MODERN  # until an `initialize` is answered
        self.waiting = {}  # id as JSON -> the request
        self.tools = ToolSchemas()

    def hear(self, who, line):
        """One message of either side, as text."""
        try:
            message = json.loads(line)
        except ValueError:
            self.fail(f"the {who} wrote what is not JSON: {line[:200]!r}")
            return
        if who == "client":
            if isinstance(message, dict) and "method" in message and "id" in message:
                self.waiting[json.dumps(message["id"])] = message
            return
        self.recordings.validated += 1
        for fault in self.problems(message):
            self.fail(f"{fault} in {line.strip()[:400]}")

    def fail(self, what):
        """Records one fault."""
        self.recordings.faults.append(f"{self.recordings.era}: recorded: {what}")

    def problems(self, message):
        """What is wrong with one message of the server."""
        if not isinstance(message, dict) or "method" in message:
            return self.recordings.schema(self.negotiated).message_problems(message)
        request = self.waiting.pop(json.dumps(message.get("id")), None)
        if request is None:
            return ["an answer to no request"]
        method, params = request["method"], request.get("params") or {}
        result = message.get("result") if isinstance(message.get("result"), dict) else {}
        if method == "initialize":
            self.negotiated = result.get("protocolVersion", self.negotiated)
        version = (params.get("_meta") or {}).get(VERSION, self.negotiated)
        faults = self.recordings.schema(version).message_problems(message, method)
        if method == "tools/list":
            faults += self.tools.list_faults(result.get("tools", []))
        if method == "tools/call":
            faults += self.tools.result_faults(params.get("name"), result)
        return faults
