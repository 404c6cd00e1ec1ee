// A server by the official TypeScript SDK, for our own command to visit: one tool that adds, one that asks, and a
// resource whose subscribers hear of a change at once.
// Usage: node typescript_server.mjs PACKAGES LINE, where LINE is 1 for `@modelcontextprotocol/sdk`, 2 for `…/server`.
import { load } from "./typescript_node.mjs";

const FACTS = { name: "typescript", version: "1.0.0" };
const URI = "note://one";
const FORM = { type: "object", properties: { name: { type: "string", title: "Name" } }, required: ["name"] };
const text = (words) => ({ content: [{ type: "text", text: words }] });

function offer(server, schema, ask) {
  server.registerTool("sum", { description: "Adds.", inputSchema: schema }, async ({ a, b }) => text(String(a + b)));
  server.registerTool("ask", { description: "Asks." }, ask);
  const read = async () => ({ contents: [{ uri: URI, text: "first note" }] });
  server.registerResource("one", URI, { description: "A note." }, read);
}

const line = process.argv[3];

async function first() {
  const { McpServer } = load("@modelcontextprotocol/sdk/server/mcp.js");
  const { StdioServerTransport } = load("@modelcontextprotocol/sdk/server/stdio.js");
  const { SubscribeRequestSchema } = load("@modelcontextprotocol/sdk/types.js");
  const server = new McpServer(FACTS, { capabilities: { resources: { subscribe: true } } });
  const { z } = load("zod");
  offer(server, { a: z.number(), b: z.number() }, async () => {
    const { action, content } = await server.server.elicitInput({ message: "Who are you?", requestedSchema: FORM });
    return text(`${action} ${content?.name}`);
  });
  server.server.setRequestHandler(SubscribeRequestSchema, async ({ params }) => {
    setImmediate(() => server.server.sendResourceUpdated({ uri: params.uri }));
    return {};
  });
  await server.connect(new StdioServerTransport());
}

function second() {
  const { McpServer, acceptedContent, fromJsonSchema, inputRequired } = load("@modelcontextprotocol/server");
  const { serveStdio } = load("@modelcontextprotocol/server/stdio");
  serveStdio(() => {
    const server = new McpServer(FACTS, { capabilities: { tools: {}, resources: { subscribe: true } } });
    const sum = { type: "object", properties: { a: { type: "number" }, b: { type: "number" } }, required: ["a", "b"] };
    offer(server, fromJsonSchema(sum), async (context) => {
      const given = acceptedContent(context.mcpReq.inputResponses, "who");
      if (given) return text(`accept ${given.name}`);
      const question = inputRequired.elicit({ message: "Who are you?", requestedSchema: FORM });
      return inputRequired({ inputRequests: { who: question } });
    });
    // Nothing tells us when somebody listens.
    setInterval(() => server.server.sendResourceUpdated({ uri: URI }).catch(() => {}), 200).unref();
    return server;
  });
}

await (line === "1" ? first() : second());
