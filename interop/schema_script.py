"""What is said to the server: the steps common to all versions, then those of each era."""

from conversation import CLIENT, answers

INVALID_PARAMS = -32602
METHOD_NOT_FOUND = -32601
ORDER = "ORD-101"
ORDER_URI = "orders://ORD-101"
TOOLS = {
    "get_order_details",
    "list_orders_by_status",
    "search_orders",
    "check_refund_eligibility",
    "create_order",
    "update_order_status",
    "add_order_note",
    "cancel_order",
    "delete_order",
}


def legacy(talk):
    """The conversation of a client that shakes hands."""
    capabilities = greet(talk).get("capabilities", {})
    talk.result("ping", "ping")
    logging(talk, capabilities)
    subscribe(talk, capabilities)
    tools(talk)
    resources(talk, -32002)
    prompts(talk)
    completion(talk, capabilities)
    unsubscribe(talk, capabilities)
    refusals(talk)
    talk.error("a method of the other era", [METHOD_NOT_FOUND, INVALID_PARAMS], "subscriptions/listen", {})
    malformed(talk)
    if talk.schema.version == "2025-03-26":
        batch(talk)
    talk.result("ping after everything", "ping")


def handshake_with_a_modern_version(talk):
    """`initialize` never agrees on a version that has no handshake."""
    hello = {"protocolVersion": "2026-07-28", "capabilities": {}, "clientInfo": CLIENT}
    result = talk.result("initialize with 2026-07-28", "initialize", hello)
    if result and result.get("protocolVersion") != talk.schema.version:
        talk.fail(f"expected the newest legacy version, got {result.get('protocolVersion')}")


def modern(talk):
    """The conversation of a client that sends its metadata with each request."""
    capabilities = greet(talk).get("capabilities", {})
    listening = listen(talk, capabilities)
    tools(talk)
    resources(talk, INVALID_PARAMS)
    prompts(talk)
    completion(talk, capabilities)
    level = {"io.modelcontextprotocol/logLevel": "debug"}
    talk.call("a call that asks for logs", "get_order_details", {"order_id": ORDER}, **level)
    bad = {"io.modelcontextprotocol/logLevel": "loud"}
    talk.error("an unknown log level", [INVALID_PARAMS], "tools/list", {}, **bad)
    stop_listening(talk, listening)
    refusals(talk)
    for method in ("ping", "logging/setLevel", "resources/subscribe"):
        talk.error(f"{method}, which is legacy only", [METHOD_NOT_FOUND], method, {})
    negotiation(talk)
    malformed(talk)
    talk.result("discover after everything", "server/discover")
    talk.start("subscriptions/listen", {"notifications": {}})  # left open: closing the input must end it


def greet(talk):
    """The first words of either era; returns what the server says about itself."""
    version = talk.schema.version
    if talk.schema.modern:
        result = talk.result("discover", "server/discover")
        if version not in result.get("supportedVersions", []):
            talk.fail(f"supportedVersions does not name {version}")
        return result
    hello = {"protocolVersion": version, "capabilities": {}, "clientInfo": CLIENT}
    result = talk.result("initialize", "initialize", hello)
    if result.get("protocolVersion") != version:
        talk.fail(f"asked for {version}, got {result.get('protocolVersion')}")
    talk.notify("notifications/initialized")
    return result


def tools(talk):
    """Listing, calling, failing."""
    listed = pages(talk, "tools/list", "tools")
    talk.step = "tools/list"
    for fault in talk.tools.list_faults(listed):
        talk.fail(fault)
    missing = TOOLS - {tool["name"] for tool in listed}
    if missing:
        talk.fail(f"tools/list lacks {sorted(missing)}")
    read_tools(talk)
    write_tools(talk)
    talk.call("an unknown order", "get_order_details", {"order_id": "ORD-999"}, is_error=True)
    talk.call("a missing argument", "get_order_details", {}, is_error=True)
    talk.call("a wrong argument", "list_orders_by_status", {"status": "LOST", "limit": "ten"}, is_error=True)
    talk.error("an unknown tool", [INVALID_PARAMS], "tools/call", {"name": "no_such_tool", "arguments": {}})
    talk.error("a call without a name", [INVALID_PARAMS], "tools/call", {"arguments": {}})
    talk.error("arguments that are a list", [INVALID_PARAMS], "tools/call", {"name": "search_orders", "arguments": []})


def read_tools(talk):
    """The tools that only look."""
    talk.call("get_order_details", "get_order_details", {"order_id": ORDER}, progressToken="token-1")
    talk.call("list_orders_by_status", "list_orders_by_status", {"status": "SHIPPED", "limit": 5})
    talk.call("search_orders", "search_orders", {"customer_email": "alice@example.com", "limit": 1})
    talk.call("check_refund_eligibility", "check_refund_eligibility", {"order_id": ORDER})


def write_tools(talk):
    """The tools that change something."""
    new = {"customer_email": "dora@example.com", "total_amount": 12.5, "order_id": "ORD-900"}
    talk.call("create_order", "create_order", new)
    talk.call("update_order_status", "update_order_status", {"order_id": "ORD-900", "status": "CANCELLED"})
    talk.call("add_order_note", "add_order_note", {"order_id": ORDER, "note": "Left at the door."})
    talk.call("cancel_order", "cancel_order", {"order_id": "ORD-102", "reason": "asked by phone"})
    talk.call("delete_order", "delete_order", {"order_id": "ORD-900"})


def resources(talk, not_found):
    """Listing, reading, not finding."""
    pages(talk, "resources/list", "resources")
    templates = pages(talk, "resources/templates/list", "resourceTemplates")
    if "orders://{order_id}" not in [template.get("uriTemplate") for template in templates]:
        talk.fail("resources/templates/list lacks orders://{order_id}")
    for uri in (ORDER_URI, "orders://summary"):
        result = talk.result(f"read {uri}", "resources/read", {"uri": uri})
        if not result.get("contents"):
            talk.fail(f"{uri} has no contents")
    talk.error("read a missing order", [not_found], "resources/read", {"uri": "orders://ORD-999"})
    talk.error("read a foreign uri", [not_found], "resources/read", {"uri": "nowhere://x"})
    talk.error("read without a uri", [INVALID_PARAMS], "resources/read", {})


def prompts(talk):
    """Listing, getting, failing."""
    listed = pages(talk, "prompts/list", "prompts")
    if "refund_reply" not in [prompt.get("name") for prompt in listed]:
        talk.fail("prompts/list lacks refund_reply")
    arguments = {"order_id": ORDER}
    talk.result("a prompt", "prompts/get", {"name": "refund_reply", "arguments": arguments})
    talk.error("a missing prompt argument", [INVALID_PARAMS], "prompts/get", {"name": "refund_reply"})
    talk.error("an unknown prompt", [INVALID_PARAMS], "prompts/get", {"name": "no_such_prompt"})


def completion(talk, capabilities):
    """Suggestions for a prompt's and a template's argument."""
    # 2024-11-05 has the method but no capability to announce it.
    announced = "completions" in capabilities or talk.schema.version == "2024-11-05"
    for ref in ({"type": "ref/prompt", "name": "refund_reply"}, {"type": "ref/resource", "uri": "orders://{order_id}"}):
        params = {"ref": ref, "argument": {"name": "order_id", "value": "ORD-1"}}
        answer = talk.ask(f"complete a {ref['type']}", "completion/complete", params)
        if "result" not in answer and announced and talk.schema.version != "2024-11-05":
            talk.fail(f"completions are announced, yet: {answer}")
        elif "result" not in answer:
            talk.expect_error(answer, [METHOD_NOT_FOUND])


def logging(talk, capabilities):
    """The session-wide log level of the legacy versions."""
    if "logging" not in capabilities:
        talk.error("set an unannounced log level", [METHOD_NOT_FOUND], "logging/setLevel", {"level": "debug"})
        return
    talk.result("set the log level", "logging/setLevel", {"level": "debug"})
    talk.error("set an unknown log level", [INVALID_PARAMS], "logging/setLevel", {"level": "loud"})


def subscribe(talk, capabilities):
    """A legacy subscription to one order, changed by the tools that follow."""
    params = {"uri": ORDER_URI}
    if capabilities.get("resources", {}).get("subscribe"):
        talk.result("subscribe", "resources/subscribe", params)
    else:
        talk.error("subscribe, unannounced", [METHOD_NOT_FOUND], "resources/subscribe", params)


def unsubscribe(talk, capabilities):
    """Ends the legacy subscription; the change must have been told by then."""
    if not capabilities.get("resources", {}).get("subscribe"):
        return
    talk.step = "the update of a subscribed resource"
    talk.drain(0.5)
    expect_update(talk)
    talk.result("unsubscribe", "resources/unsubscribe", {"uri": ORDER_URI})


def expect_update(talk):
    """Faults a subscription that was never told of the note added to its order."""
    updates = [message for message in talk.seen if message.get("method") == "notifications/resources/updated"]
    if ORDER_URI not in [message.get("params", {}).get("uri") for message in updates]:
        talk.fail(f"no notifications/resources/updated for {ORDER_URI} after a note was added")


def listen(talk, capabilities):
    """Opens a modern subscription to everything; returns its id and whether updates were promised."""
    talk.step = "listen"
    wanted = {
        "toolsListChanged": True,
        "promptsListChanged": True,
        "resourcesListChanged": True,
        "resourceSubscriptions": [ORDER_URI],
    }
    listen_id = talk.start("subscriptions/listen", {"notifications": wanted})
    ack = talk.until(lambda m: answers(m, listen_id) or subscription_of(m) == listen_id) or {}
    if ack.get("method") != "notifications/subscriptions/acknowledged":
        talk.fail(f"expected the acknowledgement first, got {ack}")
    honoured = ack.get("params", {}).get("notifications", {}).get("resourceSubscriptions", [])
    if capabilities.get("resources", {}).get("subscribe") and ORDER_URI not in honoured:
        talk.fail(f"resources.subscribe is announced, yet the acknowledgement honours only {honoured}")
    return listen_id, bool(honoured)


def stop_listening(talk, listening):
    """Cancels the modern subscription; nothing may be said on it afterwards."""
    listen_id, promised = listening
    talk.step = "updates while listening"
    talk.drain(0.5)
    if promised:
        expect_update(talk)
    talk.notify("notifications/cancelled", {"requestId": listen_id, "reason": "done"})
    talk.result("after a cancelled listen", "server/discover")
    talk.call("a change nobody listens to", "add_order_note", {"order_id": ORDER, "note": "Again."})
    talk.step = "a cancelled listen"
    before = len(talk.seen)
    talk.drain(0.3)
    if any(subscription_of(message) == listen_id for message in talk.seen[before:]):
        talk.fail("notifications after the listen was cancelled")
    talk.waiting.pop(listen_id, None)


def subscription_of(message):
    """The subscription id a notification carries."""
    params = message.get("params", {}) if isinstance(message, dict) else {}
    return params.get("_meta", {}).get("io.modelcontextprotocol/subscriptionId")


def pages(talk, method, member):
    """Walks a list to its end and tries a cursor that was never given."""
    items, cursor = [], None
    for _ in range(100):
        result = talk.result(f"page of {method}", method, {} if cursor is None else {"cursor": cursor})
        items += result.get(member, [])
        if "nextCursor" not in result:
            break
        cursor = result["nextCursor"]
    else:
        talk.fail(f"{method} does not end after 100 pages")
    talk.error(f"an invalid cursor for {method}", [INVALID_PARAMS], method, {"cursor": "no such cursor"})
    return items


def refusals(talk):
    """What no version knows."""
    talk.error("an unknown method", [METHOD_NOT_FOUND], "orders/teleport", {})
    talk.notify("notifications/cancelled", {"requestId": "never-used"})
    talk.notify("notifications/no_such_thing")


def negotiation(talk):
    """Modern requests whose metadata is missing or names a version nobody implements."""
    unknown = {"io.modelcontextprotocol/protocolVersion": "1999-01-01"}
    talk.error("an unknown version", [-32022], "tools/list", {}, **unknown)
    talk.error("no metadata at all", [INVALID_PARAMS], "tools/list", {"_meta": {}})
    bare = talk.meta()
    del bare["io.modelcontextprotocol/clientCapabilities"]
    talk.error("no client capabilities", [INVALID_PARAMS], "tools/list", {"_meta": bare})


def malformed(talk):
    """Frames that are no request; the server answers each and stays."""
    talk.malformed("a frame that is not JSON", "this is not JSON", [-32700])
    talk.malformed("a cut frame", '{"jsonrpc":"2.0","id":', [-32700])
    talk.malformed("a frame that is a number", "42", [-32600])
    talk.malformed("an id that is null", '{"jsonrpc":"2.0","id":null,"method":"ping"}', [-32600])
    talk.malformed("a method that is a number", '{"jsonrpc":"2.0","method":7}', [-32600])
    talk.malformed("an empty array", "[]", [-32600])


def batch(talk):
    """Two requests and a notification in one array, as only 2025-03-26 has them."""
    talk.step = "a batch"
    requests = [{"jsonrpc": "2.0", "id": f"batch-{name}", "method": name} for name in ("ping", "tools/list")]
    talk.waiting.update({request["id"]: request["method"] for request in requests})
    talk.send([*requests, {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 0}}])
    answer = talk.until(lambda message: isinstance(message, list)) or []
    if len(answer) != len(requests):
        talk.fail(f"expected {len(requests)} answers in the array, got {len(answer)}")
