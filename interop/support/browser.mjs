// Chromium, and what a person does in it.

import { chromium } from "playwright-core";

/** Starts Chromium; the caller closes it. */
export function startBrowser() {
  return chromium.launch({
    executablePath: process.env.ALDGATE_CHROMIUM ?? "/usr/bin/chromium",
    // No sandbox: the suites also run as root in containers. The rest keeps it off the network.
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/**
 * A fresh browser profile with one page. Errors of the page's own scripts are collected in
 * `page.problems`; the local CA is trusted by ignoring certificate errors.
 */
export async function freshPage(browser, options = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  page.problems = [];
  page.on("pageerror", (error) => page.problems.push(String(error)));
  return page;
}

/** Fills the login form of the page shown and sends it. */
export async function logIn(page, { email, password }) {
  await page.locator("input[name=username]").fill(email);
  await page.locator("input[name=password]").fill(password);
  await page.locator("button[name=action]").first().click();
}
