// What the scripts for Node.js share: where their packages are, and how they report.
import { createRequire } from "node:module";
import { join } from "node:path";

// The first argument of every script is the folder with `node_modules`, which is not beside these scripts.
export const load = createRequire(join(process.argv[2], "package.json"));

// Prints the findings and ends, for a client that has failed may leave streams open.
export function tell(found) {
  process.stdout.write(JSON.stringify(found), () => process.exit());
}
