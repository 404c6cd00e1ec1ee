// A visit through `@modelcontextprotocol/client`, which the caller loads as its surroundings demand.
import { findings, visit } from "./typescript_visit.mjs";

// The mode is legacy, auto or a version to insist on.
export function findingsOf({ Client, ProtocolError, StreamableHTTPClientTransport }, url, mode, version) {
  return findings((error) => error instanceof ProtocolError, async (check) => {
    const negotiation = ["legacy", "auto"].includes(mode) ? mode : { pin: mode };
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
}
