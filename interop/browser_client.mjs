// A visit through the TypeScript client in a page of a browser, whose origin is not the server's.
// Usage: node browser_client.mjs PACKAGES CHROMIUM PAGE URL MODE VERSION
import { withPage } from "./chromium.mjs";
import { tell } from "./typescript_node.mjs";

const [, , , executable, address, url, mode, version] = process.argv;
let found;
await withPage(executable, async (page) => {
  const said = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  await page.goto(address);
  try {
    await page.waitForFunction(() => window.visit);
    found = await page.evaluate((given) => window.visit(...given), [url, mode, version]);
  } catch (error) {
    found = { checks: 0, faults: [String(error)] };
  }
  if (found.faults.length > 0) found.faults.push(...said.map((text) => `the page said: ${text}`));
});
tell(found);
