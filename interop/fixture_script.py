"""What is said to the fixture server: a call of every tool it lists; what came is compared across versions."""

import json
from collections import Counter

from official_schema import LEGACY, MODERN
from schema_script import greet, pages

# What a tool is called with. A tool without required arguments needs no entry, any other one does.
ARGUMENTS = {
    "echo": [{"text": 'a "quoted" line\nand \u2028 ☃'}],
    "slow": [{"ms": 5}],
    "big": [{"bytes": 200_000}],
    "stray": [{"how": how} for how in ("macro", "handle", "child")],
    "noise": [{"mib": 1}],
    "meet": [{"together": 1}],
}
FAILING = {"fail": {}, "echo": {"text": 5}}
PANICKING = {"stray": {"how": "panic"}}
# These never answer: `observe` is cancelled below, `stuck` would need a server that ends without it.
ENDLESS = {"observe", "stuck"}
NO_STRUCTURED = LEGACY[:2]
OBJECTS_ONLY = LEGACY[2:]
# All that a server can show; what the fixture does not is printed.
KINDS = [
    *("text", "image", "audio", "resource_link", "embedded text", "embedded blob", "annotated content", "result _meta"),
    *("structured object", "structured list", "structured scalar", "structured null"),
    *("progress", "progress message", "log"),
    *("title", "icons", "item _meta", "tool annotations", "resource", "resource template", "prompt"),
]


class Fixture:
    """What the fixture said in each version."""

    def __init__(self):
        self.calls = {}  # version -> {(tool, arguments): result}
        self.objects = {}  # tool -> whether its output schema in the newest version is an object's
        self.kinds = Counter()  # of the newest version, in which nothing is left out

    def visit(self, talk):
        """The conversation; for any version."""
        calls = self.calls.setdefault(talk.schema.version, {})
        capabilities = greet(talk).get("capabilities", {})
        if "logging" in capabilities and not talk.schema.modern:
            talk.result("set the log level", "logging/setLevel", {"level": "debug"})
        tools = pages(talk, "tools/list", "tools")
        talk.step = "fixture: tools/list"
        for fault in [*talk.tools.list_faults(tools), *root_faults(tools, talk.schema.version)]:
            talk.fail(fault)
        items = list(tools)
        # In the end this holds what the newest version says, which is visited last.
        outputs = {tool["name"]: tool["outputSchema"] for tool in tools if "outputSchema" in tool}
        self.objects |= {name: output.get("type") == "object" for name, output in outputs.items()}
        for tool in tools:
            if tool["name"] not in ENDLESS:
                call_tool(talk, tool, calls)
        cancel(talk, {tool["name"] for tool in tools})
        if "resources" in capabilities:
            items += resources(talk)
        if "prompts" in capabilities:
            items += prompts(talk)
        talk.error("an unknown tool", [-32602], "tools/call", {"name": "no_such_tool", "arguments": {}})
        if talk.schema.modern:
            for item in items:
                self.kinds.update(item_kinds(item))
            for result in calls.values():
                self.kinds.update(result_kinds(result))
            for message in talk.seen:
                self.kinds.update(notification_kinds(message))

    def faults(self):
        """What one version says that does not fit what the newest says."""
        newest = self.calls.get(MODERN, {})
        found = []
        for version in LEGACY:
            for (tool, arguments), result in self.calls.get(version, {}).items():
                if (tool, arguments) not in newest:
                    found.append(f"{version}: fixture: {tool} {arguments} was never answered in {MODERN}")
                    continue
                for fault in downlevel_faults(version, newest[tool, arguments], result, self.objects.get(tool)):
                    found.append(f"{version}: fixture: {tool} {arguments}: {fault}")
        return found

    def absent(self):
        """The kinds of things that the fixture has not shown."""
        return [kind for kind in KINDS if not self.kinds[kind]]


def call_tool(talk, tool, calls):
    """Each set of arguments with a progress token, asking for logs, and then without; then what fails."""
    name = tool["name"]
    required = tool["inputSchema"].get("required", [])
    if required and name not in ARGUMENTS and name not in FAILING:
        talk.fail(f"{name} requires {required}: give it arguments in fixture_script.ARGUMENTS")
        return
    logs = {"io.modelcontextprotocol/logLevel": "debug"} if talk.schema.modern else {}
    default = [] if name in FAILING else [{}]
    for number, arguments in enumerate(ARGUMENTS.get(name, default)):
        token = number if number % 2 else f"token-{name}"
        before = len(talk.seen)
        result = talk.call(f"fixture: {name}", name, arguments, progressToken=token, **logs)
        calls[name, json.dumps(arguments)] = result
        expect_tokens(talk, talk.seen[before:], [token])
        before = len(talk.seen)
        talk.call(f"fixture: {name} without a token", name, arguments)
        expect_tokens(talk, talk.seen[before:], [])
    if name in FAILING:
        talk.call(f"fixture: {name} fails", name, FAILING[name], is_error=True, **logs)
    if name in PANICKING:
        params = {"name": name, "arguments": PANICKING[name]}
        talk.error(f"fixture: {name} panics", [-32603], "tools/call", params, **logs)


def expect_tokens(talk, messages, tokens):
    """Faults progress for a token that the call did not give."""
    for message in messages:
        if message["method"] == "notifications/progress" and message["params"].get("progressToken") not in tokens:
            talk.fail(f"expected progress for {tokens or 'nobody'}, got {json.dumps(message)}")


def cancel(talk, names):
    """A call that reports progress and waits for ever: after its cancellation nothing is said about it."""
    if "observe" not in names:
        return
    talk.step = "fixture: observe"
    path = str(talk.process.path("observed.txt"))
    request_id = talk.start("tools/call", {"name": "observe", "arguments": {"path": path}}, progressToken=77)
    talk.until(lambda message: message.get("method") == "notifications/progress")
    expect_tokens(talk, talk.seen[-1:], [77])
    talk.notify("notifications/cancelled", {"requestId": request_id, "reason": "done"})
    before = len(talk.seen)
    talk.drain(0.3)
    expect_tokens(talk, talk.seen[before:], [])
    if request_id not in talk.waiting:
        talk.fail("a cancelled call was answered")
    talk.waiting.pop(request_id, None)


def resources(talk):
    """Lists and reads; returns the listed items."""
    listed = pages(talk, "resources/list", "resources")
    for resource in listed:
        talk.result(f"fixture: read {resource['uri']}", "resources/read", {"uri": resource["uri"]})
    return listed + pages(talk, "resources/templates/list", "resourceTemplates")


def prompts(talk):
    """Lists and gets, each argument being a 1; returns the listed items."""
    listed = pages(talk, "prompts/list", "prompts")
    for prompt in listed:
        arguments = {argument["name"]: "1" for argument in prompt.get("arguments", [])}
        params = {"name": prompt["name"], "arguments": arguments}
        talk.result(f"fixture: prompt {prompt['name']}", "prompts/get", params)
    return listed


def root_faults(tools, version):
    """Output schemas where there are none yet, or that are not an object's where only objects may be."""
    found = []
    for tool in tools:
        schema = tool.get("outputSchema")
        if schema is not None and version in NO_STRUCTURED:
            found.append(f"{tool['name']} has an outputSchema, which {version} does not know")
        if schema is not None and version in OBJECTS_ONLY and schema.get("type") != "object":
            found.append(f"the outputSchema of {tool['name']} is not an object's: {json.dumps(schema)}")
    return found


def downlevel_faults(version, newest, result, is_object):
    """What an older version's result lost, or has in another form than it must; `is_object` is None without schema."""
    found = []
    if len(result.get("content", [])) != len(newest.get("content", [])):
        found.append(f"{len(result.get('content', []))} blocks of content, {len(newest['content'])} in {MODERN}")
    wanted = {key: newest[key] for key in ("structuredContent",) if key in newest and version in OBJECTS_ONLY}
    got = {key: result[key] for key in ("structuredContent",) if key in result}
    if wanted and not (isinstance(wanted["structuredContent"], dict) if is_object is None else is_object):
        wanted = {"structuredContent": {"result": wanted["structuredContent"]}}
    if got != wanted:
        found.append(f"expected {json.dumps(wanted)}, got {json.dumps(got)}")
    return found


def item_kinds(item):
    """What a listed tool, resource, template or prompt shows."""
    if "inputSchema" in item:
        yield from ["tool annotations"] if "annotations" in item else []
    else:
        yield "resource" if "uri" in item else "resource template" if "uriTemplate" in item else "prompt"
    yield from (kind for key, kind in (("title", "title"), ("icons", "icons"), ("_meta", "item _meta")) if key in item)


def result_kinds(result):
    """What a tool's result shows."""
    for block in result.get("content", []):
        embedded = "text" if "text" in block.get("resource", {}) else "blob"
        yield f"embedded {embedded}" if block["type"] == "resource" else block["type"]
        yield from ["annotated content"] if "annotations" in block else []
    if result.get("_meta", {}).keys() - {"io.modelcontextprotocol/serverInfo"}:
        yield "result _meta"
    if "structuredContent" in result:
        names = {dict: "object", list: "list", type(None): "null"}
        yield f"structured {names.get(type(result['structuredContent']), 'scalar')}"


def notification_kinds(message):
    """What a notification shows."""
    if message["method"] == "notifications/progress":
        yield "progress"
        yield from ["progress message"] if "message" in message["params"] else []
    if message["method"] == "notifications/message":
        yield "log"
