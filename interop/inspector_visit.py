"""What the command line of the MCP Inspector does with the orders server, over any transport."""

import json
import os
import subprocess
from pathlib import Path

OK, FAILED, TOOL_ERROR = 0, 1, 5
TIME_LIMIT = 60
VERSIONS = {"legacy": "2025-11-25", "modern": "2026-07-28"}
# How the lines of the schema lint's report begin.
LINT_REPORT = ("Warning: tool", "Error: tool", "Path:", "Issue:", "Suggestion:")


class Inspector:
    """One era of the Inspector on one server, which `entry` describes as the Inspector's own files do."""

    def __init__(self, options, era, folder, entry):
        config = Path(folder) / "inspector.json"
        config.write_text(json.dumps({"mcpServers": {"orders": entry}}), encoding="utf-8")
        target = ["--config", str(config), "--server", "orders", "--protocol-era", era, "--format", "json"]
        self.command = [options.node, options.inspector, "--cli", *target]
        self.environment = {**os.environ, "HOME": folder, "MCP_INSPECTOR_SECRET_STORE": "memory"}
        self.era = era
        self.faults = []
        self.count = 0

    def run(self, method, *more, exit_code=OK, quiet=True):
        """Runs one method; faults a wrong exit code; returns the result and standard error."""
        self.count += 1
        arguments = ["--method", method, *more, *(["-q"] if quiet else [])]
        try:
            done = subprocess.run(
                [*self.command, *arguments], env=self.environment, capture_output=True, text=True, timeout=TIME_LIMIT
            )
        except subprocess.TimeoutExpired:
            self.fail(arguments, f"no answer in {TIME_LIMIT} s")
            return {}, ""
        if done.returncode != exit_code:
            self.fail(arguments, f"exit code {done.returncode}, expected {exit_code}", done)
        try:
            return json.loads(done.stdout or "{}").get("result", {}), done.stderr
        except ValueError:
            self.fail(arguments, "the output is not JSON", done)
            return {}, done.stderr

    def expect(self, what, value):
        """Faults a value that is not true."""
        if not value:
            self.fail([what], "not so")

    def fail(self, arguments, what, done=None):
        """Records one fault, with what the Inspector printed."""
        output = f"\n  stdout: {done.stdout[:600]}\n  stderr: {done.stderr[:1500]}" if done else ""
        self.faults.append(f"{self.era}: {' '.join(arguments)}: {what}{output}")


def visit(inspector):
    """Everything the Inspector can ask of a server without a browser."""
    hello, _ = inspector.run("initialize")
    version = VERSIONS[inspector.era]
    inspector.expect(f"the version is {version}: {hello}", hello.get("protocolVersion") == version)
    strict_list(inspector)
    calls(inspector)
    resources(inspector)
    prompts(inspector)


def strict_list(inspector):
    """The schema lint must say nothing at all, neither error nor warning."""
    listed, stderr = inspector.run("tools/list", "--strict", quiet=False)
    inspector.expect("nine tools are listed", len(listed.get("tools", [])) == 9)
    findings = [line for line in stderr.splitlines() if is_finding(line)]
    inspector.expect("--strict finds nothing, but:\n  " + "\n  ".join(findings), not findings)


def is_finding(line):
    """Whether a line of stderr belongs to the lint's report rather than to the Inspector's or the server's log."""
    return line.strip().startswith(LINT_REPORT)


def calls(inspector):
    """A good call, one that fails, and one of a tool that is not there."""
    good, _ = call(inspector, "get_order_details", {"order_id": "ORD-101"})
    email = good.get("structuredContent", {}).get("customer_email")
    inspector.expect(f"ORD-101 belongs to alice, got {email}", email == "alice@example.com")
    created, _ = call(inspector, "create_order", {"customer_email": "dora@example.com", "total_amount": 12.5})
    inspector.expect("the new order has an id", created.get("structuredContent", {}).get("order_id"))
    bad, _ = call(inspector, "get_order_details", {"order_id": "ORD-999"}, exit_code=TOOL_ERROR)
    inspector.expect("a missing order is a tool error", bad.get("isError"))
    call(inspector, "no_such_tool", {}, exit_code=TOOL_ERROR)


def call(inspector, tool, arguments, exit_code=OK):
    """One tools/call."""
    given = ["--tool-name", tool, "--tool-args-json", json.dumps(arguments)]
    return inspector.run("tools/call", *given, exit_code=exit_code)


def resources(inspector):
    """Listing and reading."""
    listed, _ = inspector.run("resources/list")
    uris = [resource["uri"] for resource in listed.get("resources", [])]
    inspector.expect(f"the summary is listed among {uris}", "orders://summary" in uris)
    templates, _ = inspector.run("resources/templates/list")
    inspector.expect("the template is listed", templates.get("resourceTemplates"))
    read, _ = inspector.run("resources/read", "--uri", "orders://ORD-101")
    inspector.expect("the order can be read", "ORD-101" in json.dumps(read.get("contents", [])))
    inspector.run("resources/read", "--uri", "orders://ORD-999", exit_code=FAILED)


def prompts(inspector):
    """Listing and getting."""
    listed, _ = inspector.run("prompts/list")
    names = [prompt["name"] for prompt in listed.get("prompts", [])]
    inspector.expect(f"refund_reply is listed among {names}", "refund_reply" in names)
    given = ["--prompt-name", "refund_reply", "--prompt-args", "order_id=ORD-101"]
    prompt, _ = inspector.run("prompts/get", *given)
    inspector.expect("the prompt names the order", "ORD-101" in json.dumps(prompt.get("messages", [])))
