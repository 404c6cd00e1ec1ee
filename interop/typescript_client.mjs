// A visit through the TypeScript client `@modelcontextprotocol/client`.
// Usage: node typescript_client.mjs PACKAGES URL MODE VERSION, where MODE is legacy, auto or a version to insist on.
import { load } from "./typescript_packages.mjs";
import { report, visit } from "./typescript_visit.mjs";

const { Client, ProtocolError, StreamableHTTPClientTransport } = load("@modelcontextprotocol/client");
const [, , , url, mode, version] = process.argv;
const negotiation = ["legacy", "auto"].includes(mode) ? mode : { pin: mode };

await report((error) => error instanceof ProtocolError, async (check) => {
  const options = { versionNegotiation: { mode: negotiation } };
  const client = new Client({ name: "toolwright-interop", version: "1.0.0" }, options);
  const transport = new StreamableHTTPClientTransport(new URL(url));
  await client.connect(transport);
  check.equal("the negotiated version", client.getNegotiatedProtocolVersion(), version);
  check.equal("there is a session", transport.sessionId !== undefined, mode === "legacy");
  await visit(client, check);
  if (mode === "legacy") {
    await client.ping();
    await transport.terminateSession();
  }
  await client.close();
});
