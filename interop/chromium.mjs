// A fresh page of Debian's Chromium, which must neither ask nor phone anybody.
import { load } from "./typescript_node.mjs";

const { chromium } = load("playwright-core");
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

// Runs `work` with a page of these options and closes the browser whatever happens.
export async function withPage(executable, work, options = {}) {
  // Playwright gives every launch a new profile folder and removes it.
  const browser = await chromium.launch({ executablePath: executable, headless: true, args: QUIET });
  try {
    const page = await browser.newPage({ viewport: { width: 1600, height: 1000 }, ...options });
    page.setDefaultTimeout(20_000);
    await work(page);
  } finally {
    await browser.close();
  }
}
