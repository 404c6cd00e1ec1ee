// A visit through the older TypeScript client in `@modelcontextprotocol/sdk`.
// Usage: node typescript_sdk.mjs PACKAGES URL VERSION
import { load, tell } from "./typescript_node.mjs";
import { findings, hearOfChange, ORDER_URI, visit } from "./typescript_visit.mjs";

const { Client } = load("@modelcontextprotocol/sdk/client/index.js");
const { SSEClientTransport } = load("@modelcontextprotocol/sdk/client/sse.js");
const { StreamableHTTPClientTransport } = load("@modelcontextprotocol/sdk/client/streamableHttp.js");
const { McpError, ResourceUpdatedNotificationSchema } = load("@modelcontextprotocol/sdk/types.js");
const [, , , url, version] = process.argv;
const streamable = !url.endsWith("/sse");

const found = await findings((error) => error instanceof McpError, async (check) => {
  const client = new Client({ name: "toolwright-interop", version: "1.0.0" });
  const transport = streamable ? new StreamableHTTPClientTransport(new URL(url)) : new SSEClientTransport(new URL(url));
  await client.connect(transport);
  if (streamable) {
    check.equal("the negotiated version", transport.protocolVersion, version);
    check.true("there is a session", transport.sessionId);
  }
  await client.ping();
  await visit(client, check);
  await client.subscribeResource({ uri: ORDER_URI });
  await hearOfChange(client, check, (heard) =>
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, (told) => heard(told.params.uri)),
  );
  if (streamable) await transport.terminateSession();
  await client.close();
});
tell(found);
