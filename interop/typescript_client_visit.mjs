// A visit through `@modelcontextprotocol/client`, which the caller loads as its surroundings demand.
import { findings, hearOfChange, ORDER_URI, visit } from "./typescript_visit.mjs";

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
    await (mode === "legacy" ? subscribe(client, check) : listen(client, check));
    if (mode === "legacy") await transport.terminateSession();
    await client.close();
  });
}

// Older versions tell of a change on the session.
async function subscribe(client, check) {
  await client.ping();
  await client.subscribeResource({ uri: ORDER_URI });
  await hearOfChange(client, check, updates(client));
}

// The newest version tells of a change on the answer to the request that asked for it.
async function listen(client, check) {
  const subscription = await client.listen({ resourceSubscriptions: [ORDER_URI] });
  check.equal("what is promised", subscription.honoredFilter.resourceSubscriptions?.join(), ORDER_URI);
  await hearOfChange(client, check, updates(client));
  await subscription.close();
}

function updates(client) {
  return (heard) => client.setNotificationHandler("notifications/resources/updated", (told) => heard(told.params.uri));
}
