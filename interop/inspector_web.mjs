// Works with the orders server through the web page of the MCP Inspector, as a person would.
// Usage: node inspector_web.mjs PACKAGES CHROMIUM PAGE ERA SCREENSHOT
import { withPage } from "./chromium.mjs";
import { tell } from "./typescript_node.mjs";
import { findings } from "./typescript_visit.mjs";

const [, , , executable, url, era, screenshot] = process.argv;
const STATUS = '[data-testid="connection-status"]';

// Turns the server's switch on and waits for the light; the page tells why when it does not come.
async function connect(page, check) {
  const light = page.locator(STATUS).first();
  await light.waitFor({ state: "attached" });
  await page.getByRole("switch", { name: /Connect or disconnect/ }).first().click({ force: true });
  await page.locator(`${STATUS}[data-status="connected"], ${STATUS}[data-status="error"]`).first().waitFor();
  const status = await light.getAttribute("data-status");
  const reason = await light.getAttribute("data-error-message");
  check.equal(`the status (${reason ?? "no error"})`, status, "connected");
}

// Finds the nine tools in their tab, fills in a form and reads the result.
async function callTool(page, check) {
  await page.locator("label").filter({ hasText: /^Tools$/ }).click();
  const tool = page.locator("button.list-item").filter({ hasText: /get_order_details/ });
  await tool.waitFor();
  check.equal("the number of tools", await page.locator("button.list-item").count(), 9);
  await tool.click();
  await page.getByLabel(/order_id|order id/i).first().fill("ORD-101");
  await page.getByRole("button", { name: "Execute Tool", exact: true }).click();
  const email = page.getByText("alice@example.com").first();
  await email.waitFor();
  check.true("the customer's e-mail is there", await email.isVisible());
}

// The protocol's own tab names the era above the messages.
async function readEra(page, check) {
  await page.locator("label").filter({ hasText: /^Protocol$/ }).click();
  const shown = page.getByText(new RegExp(`^${era}$`, "i")).first();
  await shown.waitFor();
  check.true(`the page says ${era}`, await shown.isVisible());
}

const found = await findings(() => false, async (check) => {
  await withPage(executable, async (page) => {
    try {
      await page.goto(url);
      await connect(page, check);
      await callTool(page, check);
      await readEra(page, check);
    } finally {
      await page.screenshot({ path: screenshot });
    }
    await page.getByRole("button", { name: "Disconnect from server" }).click();
    await page.locator(`${STATUS}[data-status="disconnected"]`).first().waitFor();
  });
});
tell(found);
