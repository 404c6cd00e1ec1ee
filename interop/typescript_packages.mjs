// Loads packages installed elsewhere than beside these scripts, where Node would search for them in vain.
import { createRequire } from "node:module";
import { join } from "node:path";

// The folder with `node_modules` is the first argument of every script here.
export const packages = process.argv[2];
export const load = createRequire(join(packages, "package.json"));
