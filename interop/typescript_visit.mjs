// What each of the official TypeScript clients does with the orders server, in Node.js and in browsers.

export const ORDER_URI = "orders://ORD-101";
const PATIENCE = 10_000;

// Counts what held and stops at the first thing that did not.
class Checks {
  count = 0;

  constructor(isRefusal) {
    this.isRefusal = isRefusal; // whether an exception tells of a protocol error
  }

  true(what, value) {
    this.count += 1;
    if (!value) throw new Error(`not so: ${what}`);
  }

  equal(what, got, expected) {
    this.true(`${what} is ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`, got === expected);
  }

  async refused(what, request) {
    const outcome = await request.then(
      (result) => `answered: ${JSON.stringify(result)}`,
      (error) => (this.isRefusal(error) ? "refused" : `failed otherwise: ${error.stack}`),
    );
    this.equal(what, outcome, "refused");
  }
}

// Runs `connect`, which visits under the checks it is given; gives their number and the faults.
export async function findings(isRefusal, connect) {
  const check = new Checks(isRefusal);
  try {
    await connect(check);
  } catch (error) {
    return { checks: check.count, faults: [error.stack ?? String(error)] };
  }
  return { checks: check.count, faults: [] };
}

// List, create, read, update, delete, resources, prompt.
export async function visit(client, check) {
  check.true("the server says its name", client.getServerVersion()?.name);
  await tools(client, check);
  await resources(client, check);
  await prompts(client, check);
}

// The life of one order, and the ways to fail.
async function tools(client, check) {
  const { tools: listed } = await client.listTools();
  check.equal("the number of tools", listed.length, 9);
  const id = { order_id: "ORD-900" };
  const created = await order(client, check, "create_order", { ...id, customer_email: "dora@example.com", total_amount: 12.5 });
  check.equal("the created id", created.order_id, "ORD-900");
  const updated = await order(client, check, "update_order_status", { ...id, status: "CANCELLED" });
  check.equal("the updated status", updated.status, "CANCELLED");
  const read = await order(client, check, "get_order_details", id);
  check.equal("the status read back", read.status, "CANCELLED");
  await client.callTool({ name: "delete_order", arguments: id });
  const gone = await client.callTool({ name: "get_order_details", arguments: id });
  check.true("a deleted order is a tool error", gone.isError);
  const wrong = await client.callTool({ name: "list_orders_by_status", arguments: { status: "LOST" } });
  check.true("a wrong argument is a tool error", wrong.isError);
  await check.refused("an unknown tool", client.callTool({ name: "no_such_tool", arguments: {} }));
}

// Calls a tool that returns one order; its structured content.
async function order(client, check, name, given) {
  const result = await client.callTool({ name, arguments: given });
  check.true(`${name} succeeds: ${JSON.stringify(result.content)}`, !result.isError);
  check.true(`${name} returns structured content`, result.structuredContent);
  return result.structuredContent;
}

// The template, the summary, and an order that is not there.
async function resources(client, check) {
  const { resourceTemplates } = await client.listResourceTemplates();
  check.true("the template is listed", resourceTemplates.some((each) => each.uriTemplate === "orders://{order_id}"));
  const { resources: listed } = await client.listResources();
  check.true("the summary is listed", listed.some((each) => each.uri === "orders://summary"));
  const { contents } = await client.readResource({ uri: ORDER_URI });
  check.equal("the order behind the URI", JSON.parse(contents[0].text).order_id, "ORD-101");
  await check.refused("a missing order", client.readResource({ uri: "orders://ORD-999" }));
}

// The prompt, filled and with its argument missing.
async function prompts(client, check) {
  const { prompts: listed } = await client.listPrompts();
  check.true("refund_reply is listed", listed.some((each) => each.name === "refund_reply"));
  const { messages } = await client.getPrompt({ name: "refund_reply", arguments: { order_id: "ORD-101" } });
  check.true("the prompt names the order", messages[0].content.text.includes("ORD-101"));
  await check.refused("a prompt without its argument", client.getPrompt({ name: "refund_reply", arguments: {} }));
}

// Changes the order that the client listens to; `listenFor` takes what is to be called with the URI it is told of.
export async function hearOfChange(client, check, listenFor) {
  const told = new Promise((resolve, reject) => {
    listenFor(resolve);
    const timer = setTimeout(() => reject(new Error("nobody told of the change")), PATIENCE);
    timer.unref?.(); // in Node.js, a timer left over must not keep the process
  });
  await client.callTool({ name: "add_order_note", arguments: { order_id: "ORD-101", note: "Left at the door." } });
  check.equal("the resource that changed", await told, ORDER_URI);
}
