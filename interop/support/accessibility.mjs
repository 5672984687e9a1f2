// What every page of ours has to satisfy, whatever it shows.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/**
 * The page has no accessibility violation that axe knows (WCAG 2.2 A and AA), light and dark unless
 * said otherwise.
 */
export async function assertAccessible(page, schemes = ["light", "dark"]) {
  for (const colorScheme of schemes) {
    // Without motion, so that no colour is met on its way to another.
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => {
      const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
      return window.axe.run(document, { runOnly: tags });
    });
    const found = violations.map((violation) => {
      const places = violation.nodes.map((node) => node.failureSummary + " " + node.html);
      return `${violation.id}: ${violation.help}\n  ${places.join("\n  ")}`;
    });
    assert.deepEqual(found, [], `${page.url()} in ${colorScheme}`);
  }
}

/** The page fits a phone: nothing sticks out to the right at 320 CSS pixels (WCAG 1.4.10). */
export async function assertFitsPhone(page) {
  const before = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 640 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= 320, `${page.url()} is ${width} pixels wide on a phone`);
  await page.setViewportSize(before);
}
