// A visit through the TypeScript client `@modelcontextprotocol/client` in Node.js.
// Usage: node typescript_client.mjs PACKAGES URL MODE VERSION, where MODE is legacy, auto or a version to insist on.
import { findingsOf } from "./typescript_client_visit.mjs";
import { load } from "./typescript_packages.mjs";

const [, , , url, mode, version] = process.argv;
console.log(JSON.stringify(await findingsOf(load("@modelcontextprotocol/client"), url, mode, version)));
