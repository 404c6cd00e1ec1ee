// A visit through the TypeScript client `@modelcontextprotocol/client` in Node.js.
// Usage: node typescript_client.mjs PACKAGES URL MODE VERSION, where MODE is legacy, auto or a version to insist on.
import { findingsOf } from "./typescript_client_visit.mjs";
import { load, tell } from "./typescript_node.mjs";

const [, , , url, mode, version] = process.argv;
tell(await findingsOf(load("@modelcontextprotocol/client"), url, mode, version));
