// Reads the server's page as a person would whose browser runs no script, wide and bright, narrow and dark.
// Usage: node page.mjs PACKAGES CHROMIUM ADDRESS URL TOOLS SCREENSHOT NARROW-SCREENSHOT
import { withPage } from "./chromium.mjs";
import { tell } from "./typescript_node.mjs";
import { findings } from "./typescript_visit.mjs";

const [, , , executable, address, url, tools, screenshot, narrow] = process.argv;

// What each client is to be told.
const CLIENTS = {
  "Claude Code": (text) => text === `claude mcp add --transport http ordermanager ${url}`,
  "Claude Desktop": (text) => JSON.parse(text).mcpServers.ordermanager.args.includes(url),
  Cursor: (text) => JSON.parse(text).mcpServers.ordermanager.url === url,
  "VS Code": (text) => JSON.parse(text).servers.ordermanager.url === url,
  "Gemini CLI": (text) => JSON.parse(text).mcpServers.ordermanager.httpUrl === url,
  "MCP Inspector": (text) => text.endsWith(` ${url}`),
};

// Each tool opens to its description and its schemas.
async function readTools(page, check) {
  for (const tool of JSON.parse(tools)) {
    const entry = page.locator("details").filter({ has: page.locator("summary code", { hasText: new RegExp(`^${tool.name}$`) }) });
    check.equal(`entries of ${tool.name}`, await entry.count(), 1);
    await entry.locator("summary").click();
    check.true(`${tool.name} is described`, (await entry.innerText()).includes(tool.description.split("\n")[0]));
    const shown = await entry.locator("pre").allInnerTexts();
    const schemas = [tool.inputSchema, tool.outputSchema].filter(Boolean);
    check.equal(`the schemas of ${tool.name}`, JSON.stringify(shown.map((text) => JSON.parse(text))), JSON.stringify(schemas));
    await entry.locator("summary").click();
  }
}

// Each client has its configuration, and one click selects all of it.
async function readClients(page, check) {
  for (const [name, isRight] of Object.entries(CLIENTS)) {
    const entry = page.locator("details").filter({ has: page.locator("summary b", { hasText: new RegExp(`^${name}$`) }) });
    const box = entry.locator("pre");
    if (!(await box.isVisible())) await entry.locator("summary").click();
    const text = await box.innerText();
    check.true(`${name} is told right: ${text}`, isRight(text));
    await box.click();
    const selected = await page.evaluate(() => String(getSelection()));
    check.equal(`what a click on the box of ${name} selects`, selected.trim(), text.trim());
  }
  await page.locator("h1").click();
}

// Nothing is wider than the screen.
async function fits(page, check) {
  const { scrollWidth, clientWidth } = await page.evaluate(() => document.documentElement);
  check.equal("the width of what is shown", scrollWidth, clientWidth);
}

const found = await findings(() => false, async (check) => {
  await withPage(executable, async (page) => {
    const said = [];
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(String(error)));
    page.on("requestfailed", (request) => said.push(`${request.url()} failed`));
    const response = await page.goto(address);
    check.equal("the status", response.status(), 200);
    check.true("the policy forbids all else", response.headers()["content-security-policy"].startsWith("default-src 'none'"));
    check.true("the server is named", (await page.locator("h1").innerText()).toLowerCase().includes("order"));
    await readTools(page, check);
    await readClients(page, check);
    await fits(page, check);
    await page.locator("summary", { hasText: "get_order_details" }).click();
    await page.screenshot({ path: screenshot, fullPage: true });
    await page.setViewportSize({ width: 360, height: 740 });
    await page.emulateMedia({ colorScheme: "dark" });
    await fits(page, check);
    const colour = await page.evaluate(() => getComputedStyle(document.body).color);
    check.equal("the text's colour in the dark", colour, "rgb(255, 255, 255)");
    await page.screenshot({ path: narrow, fullPage: true });
    check.equal("what the browser complained of", said.join("; "), "");
  }, { javaScriptEnabled: false });
});
tell(found);
