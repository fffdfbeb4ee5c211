// Every page, empty and full, wide and on a phone, light and dark: axe finds nothing, nothing is
// wider than the screen, every link leads somewhere. With HOLDFAST_TEST_SHOTS, a picture of each.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  PHONE, WIDE, address_of, axe_source, base, first_look, guest, holdfast, holder, host, page_of,
  plan, step, token_for, visitor, walk,
} from "./support.mjs";

const SHOTS = process.env.HOLDFAST_TEST_SHOTS;
if (SHOTS) mkdirSync(SHOTS, { recursive: true });

const AXE = {
  runOnly: {
    type: "tag",
    values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  },
  // Ships switched off.
  rules: { "target-size": { enabled: true } },
  resultTypes: ["violations"],
};
// Pages that are looked at side by side.
const SIDE_BY_SIDE = 3;
// A list of links that does not end is a mistake of its own.
const MOST_LINKS = 1000;

const faults = [];

/** What axe says of a page as it stands. */
const axe = async (page, where) => {
  const { violations } = await page.evaluate((options) => window.axe.run(document, options), AXE);
  for (const { id, help, nodes } of violations) {
    for (const node of nodes.slice(0, 3)) {
      faults.push(`${where}: ${id}: ${help}\n    ${node.html}\n    ${node.failureSummary}`);
    }
  }
};

/** Nothing but tables and code may be wider than the screen, and those scroll in themselves. */
const fits = async (page, width, where) => {
  const wide = await page.evaluate(() => document.scrollingElement.scrollWidth);
  if (wide > width) faults.push(`${where}: ${wide} px wide on a screen of ${width} px`);
};

/** Looks at what is open now in every form. */
const look = async (page, name) => {
  for (const [size, viewport] of [["wide", WIDE], ["phone", PHONE]]) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const where = `${name}, ${size}, ${colorScheme}`;
      await axe(page, where);
      await fits(page, viewport.width, where);
      if (SHOTS) {
        const path = join(SHOTS, `${name}-${size}-${colorScheme}.png`);
        await page.screenshot({ path, fullPage: true });
      }
    }
  }
  // At 400 % zoom a screen of 1280 px has room for 320 (WCAG 2.2, 1.4.10).
  await page.setViewportSize({ width: 320, height: 640 });
  await fits(page, 320, `${name}, 320 px`);
  await page.setViewportSize(WIDE);
};

/** Goes to each address and looks, several side by side. */
const look_at = async (context, prefix, addresses) => {
  const left = [...addresses];
  const one_after_the_other = async () => {
    const page = await context.newPage();
    for (let next = left.shift(); next; next = left.shift()) {
      const [name, address] = next;
      await page.goto(address);
      await page.evaluate(axe_source);
      await look(page, `${prefix}-${name}`);
    }
    await page.close();
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, one_after_the_other));
};

// ---- Every link ----------------------------------------------------------------------------------

/** Follows every link from Today on; gives the addresses and what they led to. */
const follow = async (context) => {
  const pages = new Map();
  const targets = new Map();
  const left = ["/"];
  for (let address = left.shift(); address !== undefined; address = left.shift()) {
    if (pages.has(address)) continue;
    assert.ok(pages.size < MOST_LINKS, `more than ${MOST_LINKS} links`);
    const answer = await context.request.get(address, { maxRedirects: 0 });
    assert.equal(answer.status(), 200, `${address}, which ${targets.get(address)} links`);
    const text = await answer.text();
    pages.set(address, text);
    for (const [, raw] of text.matchAll(/<a [^>]*?href="([^"]*)"/g)) {
      const url = new URL(raw.replaceAll("&amp;", "&"), new URL(address, base));
      assert.equal(url.origin, base, `${address} links ${raw}`);
      const to = url.pathname + url.search;
      if (!targets.has(to)) targets.set(to, address);
      left.push(to);
      if (url.hash) targets.set(to + url.hash, address);
    }
  }
  for (const [address, from] of targets) {
    const [path, id] = address.split("#");
    const there = id === undefined || pages.get(path).includes(` id="${id}"`);
    assert.ok(there, `${from} links ${address}, where no #${id} is`);
  }
  return pages;
};

/** One address for each kind of page, by what tells them apart. */
const kinds = (pages) => {
  const chosen = new Map();
  for (const [address, text] of pages) {
    const { pathname, searchParams } = new URL(address, base);
    if (pathname === "/record/checkpoint") continue;
    const name = [];
    const [, first, second] = pathname.split("/");
    name.push(first || "today");
    if (second !== undefined) {
      const heading = /<h1>(.*?)<\/h1>/s.exec(text)[1];
      const state = /is-state">.*?<\/svg>([^<]+)/s.exec(text)?.[1];
      name.push(first === "record" ? "entry" : first === "plans" ? state : heading);
    }
    for (const [key, value] of searchParams) {
      name.push(["form", "tab", "state", "severity", "stage"].includes(key) ? value : key);
    }
    const slug = name.join(" ").toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 80);
    // Package updates are alike; a few tell the others.
    const kind = slug.replace(/^findings-.*-has-a-security-update-ready.*?(-[a-z]+)?$/, "findings-update");
    if (!chosen.has(kind)) chosen.set(kind, address);
  }
  return [...chosen];
};

const PLACES = [
  ["today", "/"], ["findings", "/findings"], ["assets", "/assets"], ["plans", "/plans"],
  ["rules", "/rules"], ["record", "/record"],
];

await walk(async (browser) => {
  step("before anything was looked at");
  const here = await holder(browser);
  const mine = page_of(here);
  await look_at(here, "empty", PLACES);

  step("the first look, and plans that wait, are refused and are approved");
  await first_look(mine);
  const token = await token_for("ben");
  const ben = await guest(browser, token);
  await plan("root-login");
  const refused = await plan("password-login", "ansible");
  await holdfast(["approve", refused, "--refuse", "--because", "the till needs it"], { token });
  const approved = await plan("root-login", "ansible");
  await holdfast(["approve", approved], { token });
  await mine.goto("/findings?q=root+may+log+in");
  await mine.getByLabel("Asset").selectOption({ label: `root:${host}` });
  await mine.getByRole("button", { name: "Show" }).click();
  await mine.getByRole("link", { name: "root may log in over ssh" }).click();
  await mine.getByText("Accept until…").click();
  await mine.getByLabel("Why this is all right until then").fill("The backup logs in as root");
  await mine.getByRole("button", { name: "Ask to accept it" }).click();
  await mine.getByText("somebody else has to say yes").first().waitFor();
  const asked = new URL(mine.url()).pathname;

  step("every link leads somewhere");
  const pages = await follow(here);
  const all = kinds(pages);
  step(`${pages.size} addresses, of ${all.length} kinds`);
  await look_at(here, "full", [
    ...all,
    ["no-match", "/findings?q=nothing+is+called+so&severity=now"],
    ["unknown-filter", "/findings?severity=purple"],
    ["error", "/nothing/is/here"],
    ["bad-address", "/findings?q=1&q=2"],
  ]);

  step("as the one who has to say yes");
  const waiting = await address_of(page_of(ben), approved);
  await look_at(ben, "ben", [
    ["today", "/"], ["acceptance", asked], ["plans", "/plans"], ["plan-approved", waiting],
  ]);

  step("forms that are open, and what is there only with the script");
  const page = await ben.newPage();
  const first = [...pages.keys()].find((at) => /^\/plans\//.test(at) && pages.get(at).includes('action="/refuse"'));
  await page.goto(first);
  await page.evaluate(axe_source);
  await page.getByText("Refuse…").click();
  await look(page, "open-refuse");
  await page.goto("/");
  await page.evaluate(axe_source);
  for (const fold of await page.locator("main details").all()) {
    await fold.evaluate((details) => { details.open = true; });
  }
  await look(page, "open-folds");
  await page.keyboard.press("?");
  await look(page, "open-keys");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  await look(page, "open-palette");
  await page.keyboard.press("Escape");
  await page.setViewportSize(PHONE);
  await page.getByText("More", { exact: true }).click();
  await axe(page, "open-more");
  if (SHOTS) await page.screenshot({ path: join(SHOTS, "open-more-phone-dark.png") });

  step("before signing in");
  const stranger = await visitor(browser);
  await look_at(stranger, "stranger", [
    ["sign-in", "/sign-in"], ["link-is-gone", `/sign-in?link=${"0".repeat(64)}`],
    ["error", "/nothing/is/here"],
  ]);
  const wrong = await stranger.newPage();
  await wrong.goto("/sign-in");
  await wrong.getByLabel("Token").fill("not a token");
  await wrong.getByRole("button", { name: "Sign in" }).click();
  await wrong.getByText("This token opens nothing.").waitFor();
  await wrong.evaluate(axe_source);
  await look(wrong, "stranger-wrong-token");

  assert.deepEqual(faults, [], `\n${faults.join("\n")}\n`);
});
