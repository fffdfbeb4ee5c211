// Every page, empty and full, wide or on a phone, light and dark: axe finds nothing, nothing is
// wider than the screen, every link leads somewhere. HOLDFAST_TEST_SHOTS names a folder for a
// picture of each.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  PHONE, WIDE, addressOf, axeSource, base, findingOfHost, firstLook, guest, holdfast, holder,
  pageOf, plan, step, tokenFor, visitor, walk,
} from "./support.mjs";

const SHOTS = process.env.HOLDFAST_TEST_SHOTS;
if (SHOTS) mkdirSync(SHOTS, { recursive: true });

// Everything that is looked at in one walk has one size: "wide" or "phone".
const SIZE = process.argv[2];
const VIEWPORT = { wide: WIDE, phone: PHONE }[SIZE];
assert.ok(VIEWPORT, `no size is called ${SIZE}`);

const AXE = {
  runOnly: {
    type: "tag",
    values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  },
  // Ships switched off.
  rules: { "target-size": { enabled: true } },
  resultTypes: ["violations"],
};
// A theme changes colours and nothing else.
const CONTRAST = { runOnly: ["color-contrast"], resultTypes: ["violations"] };
// Pages that are looked at side by side.
const SIDE_BY_SIDE = 3;
// A list of links that does not end is a mistake of its own.
const MOST_LINKS = 1000;

const faults = [];

/** What axe says of a page as it stands. */
const axe = async (page, where, options) => {
  const run = (options) => window.axe.run(document, options);
  const { violations } = await page.evaluate(run, options);
  for (const { id, help, nodes } of violations) {
    for (const node of nodes.slice(0, 3)) {
      faults.push(`${where}: ${id}: ${help}\n    ${node.html}\n    ${node.failureSummary}`);
    }
  }
};

/** Nothing but tables and code may be wider than the screen, and those scroll in themselves. */
const fits = async (page, width, where) => {
  const wide = await page.evaluate(() => document.scrollingElement.scrollWidth);
  if (wide > width) faults.push(`${where}: ${wide} px wide where there is room for ${width} px`);
};

/** Looks at what is open now, in both themes. */
const look = async (page, name) => {
  for (const [colorScheme, rules] of [["light", AXE], ["dark", CONTRAST]]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await axe(page, `${name}, ${SIZE}, ${colorScheme}`, rules);
    if (SHOTS) {
      const path = join(SHOTS, `${name}-${SIZE}-${colorScheme}.png`);
      await page.screenshot({ path, fullPage: true });
    }
  }
  await fits(page, VIEWPORT.width, `${name}, ${SIZE}`);
  if (SIZE === "phone") {
    // At 400 % zoom a screen of 1280 px has room for 320 (WCAG 2.2, 1.4.10).
    await page.setViewportSize({ width: 320, height: 640 });
    await fits(page, 320, `${name}, 320 px`);
    await page.setViewportSize(VIEWPORT);
  }
};

/** Goes to each address and looks, several side by side. */
const lookAt = async (context, prefix, addresses) => {
  const left = [...addresses];
  const oneAfterTheOther = async () => {
    const page = await context.newPage();
    for (let next = left.shift(); next; next = left.shift()) {
      const [name, address] = next;
      await page.goto(address);
      await page.evaluate(axeSource);
      await look(page, `${prefix}-${name}`);
    }
    await page.close();
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, oneAfterTheOther));
};

// ---- Every link --------------------------------------------------------------------------------

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

/** One address for each kind of page, named by what tells them apart: pages of one kind with the
 *  same forms on them look alike. */
const kinds = (pages) => {
  const chosen = new Map();
  for (const [address, text] of pages) {
    const { pathname, searchParams } = new URL(address, base);
    const [, place, which] = pathname.split("/");
    // A file; a tab that is open anyway; lists that are looked at below, with fewer rows.
    if (which === "checkpoint" || searchParams.get("tab") === "findings") continue;
    if (pathname === "/findings" && searchParams.size > 0) continue;
    const words = [place || "today"];
    if (place === "assets" && which) words.push(decodeURIComponent(which).split(":")[0]);
    else if (place === "record" && which) words.push("entry");
    else if (which) {
      const deeds = [...text.matchAll(/ action="\/([a-z-]+)"/g)].map(([, deed]) => deed);
      words.push(...new Set(deeds.filter((deed) => deed !== "sign-out")));
      if (text.includes('<figure class="source"')) words.push("source");
    }
    for (const [name, value] of searchParams) {
      words.push(["form", "tab"].includes(name) ? value : name);
    }
    const kind = words.join("-");
    if (!chosen.has(kind)) chosen.set(kind, address);
  }
  return [...chosen];
};

const PLACES = [
  ["today", "/"], ["findings", "/findings"], ["assets", "/assets"], ["cases", "/cases"],
  ["answered", "/cases?show=answered"], ["announcements", "/announcements"],
  ["timeline", "/timeline"], ["week", "/timeline?since=7d"], ["plans", "/plans"],
  ["mending", "/mending"], ["rules", "/rules"], ["settings", "/settings"], ["record", "/record"],
];

await walk(async (browser) => {
  step("before anything was looked at");
  const here = await holder(browser, { viewport: VIEWPORT });
  const mine = pageOf(here);
  await lookAt(here, "empty", PLACES);

  step("the first look, and plans that wait, are refused and are approved");
  await firstLook(mine);
  const token = await tokenFor("ben");
  const ben = await guest(browser, token, { viewport: VIEWPORT });
  await plan("root-login");
  const refused = await plan("password-login", "ansible");
  await holdfast(["approve", refused, "--refuse", "--because", "the till needs it"], { token });
  const approved = await plan("root-login", "ansible");
  await holdfast(["approve", approved], { token });
  await findingOfHost(mine, "root may log in over ssh");
  await mine.getByText("Accept until…").click();
  await mine.getByLabel("Why this is all right until then").fill("The backup logs in as root");
  await mine.getByRole("button", { name: "Ask to accept it" }).click();
  await mine.getByText("somebody else has to say yes").first().waitFor();
  const asked = new URL(mine.url()).pathname;

  step("every link leads somewhere");
  const pages = await follow(here);
  const all = kinds(pages);
  step(`${pages.size} addresses of these kinds: ${all.map(([name]) => name).join(", ")}`);
  await lookAt(here, "full", [
    ...all,
    ["filtered", "/findings?kind=control&severity=soon&state=any&q=ssh"],
    ["no-match", "/findings?q=nothing+is+called+so&severity=now"],
    ["unknown-filter", "/findings?severity=purple"],
    ["error", "/nothing/is/here"],
    ["bad-address", "/findings?q=1&q=2"],
  ]);

  step("as the one who has to say yes");
  const ready = await addressOf(pageOf(ben), approved);
  await lookAt(ben, "ben", [
    ["today", "/"], ["acceptance", asked], ["plans", "/plans"], ["plan-approved", ready],
  ]);

  step("forms that are open, and what is there only with the script");
  const page = await ben.newPage();
  const [waiting] = [...pages].find(([, text]) => text.includes('action="/refuse"'));
  await page.goto(waiting);
  await page.evaluate(axeSource);
  await page.getByText("Refuse…").click();
  await look(page, "open-refuse");
  await page.goto("/");
  await page.evaluate(axeSource);
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
  if (SIZE === "phone") {
    await page.getByText("More", { exact: true }).click();
    await look(page, "open-more");
  }

  step("before signing in");
  const stranger = await visitor(browser, { viewport: VIEWPORT });
  await lookAt(stranger, "stranger", [
    ["sign-in", "/sign-in"], ["link-is-gone", `/sign-in?link=${"0".repeat(64)}`],
    ["error", "/nothing/is/here"],
  ]);
  const wrong = await stranger.newPage();
  await wrong.goto("/sign-in");
  await wrong.getByLabel("Token").fill("not a token");
  await wrong.getByRole("button", { name: "Sign in" }).click();
  await wrong.getByText("This token opens nothing.").waitFor();
  await wrong.evaluate(axeSource);
  await look(wrong, "stranger-wrong-token");

  assert.deepEqual(faults, [], `\n${faults.join("\n")}\n`);
});
