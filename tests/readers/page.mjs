// Looks at pages in a real Chromium, all in one start of it, and prints what it saw as one JSON document:
//   node page.mjs PACKAGES CHROMIUM PLAN
// PACKAGES is the folder that has node_modules with playwright-core and axe-core; PLAN is a file with [{"page", "width", "scheme", "media",
// "axe"}, …]. Everything that a test judges is only measured here.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { readFileSync } from "node:fs";

const [packages, executablePath, plan] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${packages}/`));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"],
});

// What sticks out: elements that end right of the window, unless something above them scrolls.
const measured = () => {
  const width = document.documentElement.clientWidth;
  const name = (e) => `${e.tagName.toLowerCase()}.${e.className}: ${(e.textContent || "").slice(0, 60)}`;
  const wide = [...document.querySelectorAll("body *")].filter((e) => {
    const box = e.getBoundingClientRect();
    return box.width > 0 && box.right > width + 1 && getComputedStyle(e).position !== "absolute";
  });
  const targets = [...document.querySelectorAll("a[href]")].map((a) => a.getAttribute("href"));
  return {
    scroll: document.documentElement.scrollWidth, width,
    sticking_out: wide.slice(0, 5).map(name),
    links: targets.length,
    lost: targets.filter((t) => !t.startsWith("#") || !document.getElementById(t.slice(1))),
  };
};

// Whether a letter has a picture of its own: one that no font has is drawn as the same box as every other.
const drawn = ([first, second]) => {
  const picture = (letter) => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 40;
    const context = canvas.getContext("2d");
    context.font = `32px ${getComputedStyle(document.body).fontFamily}`;
    context.fillText(letter, 2, 32);
    return [...context.getImageData(0, 0, 40, 40).data].join();
  };
  return picture(first) !== picture(second);
};

const seen = [];
for (const form of JSON.parse(readFileSync(plan, "utf8"))) {
  const address = pathToFileURL(form.page).href;
  const colorScheme = form.scheme;
  // The page forbids every script of its own; ours come from outside of it.
  const context = await browser.newContext({ viewport: { width: form.width, height: 900 }, colorScheme, bypassCSP: true });
  const tab = await context.newPage();
  const one = { ...form, said: [] };
  tab.on("console", (message) => one.said.push(`${message.type()}: ${message.text()}`));
  tab.on("pageerror", (error) => one.said.push(`error: ${error.message}`));
  tab.on("request", (request) => { if (request.url() !== address) one.said.push(`asks for ${request.url()}`); });
  await tab.emulateMedia({ media: form.media, colorScheme });
  await tab.goto(address);
  // Once as it comes, and once with everything unfolded.
  one.folded = await tab.evaluate(measured);
  await tab.evaluate(() => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
  one.unfolded = await tab.evaluate(measured);
  one.letters = await tab.evaluate(drawn, ["受", "验"]);
  // The keyboard reaches the page's first link first.
  await tab.keyboard.press("Tab");
  one.first_stop = await tab.evaluate(() => document.activeElement.className);
  if (form.axe) {
    await tab.evaluate(axe);
    const rules = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"];
    const found = await tab.evaluate((runOnly) => globalThis.axe.run(document, { resultTypes: ["violations"], runOnly }), rules);
    one.axe_found = found.violations.map((v) => ({ id: v.id, impact: v.impact, nodes: v.nodes.length, first: v.nodes[0].html.slice(0, 200) }));
    one.axe_checked = found.passes.length + found.violations.length;
  }
  seen.push(one);
  await context.close();
}
await browser.close();
console.log(JSON.stringify(seen));
