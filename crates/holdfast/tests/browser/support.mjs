// What the walks share: the browser, people who have signed in, the command line, and what must
// never happen on any page.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const { WALKERS, LINK, HOLDFAST, HOST, GATE, PATH } = process.env;
const { chromium } = createRequire(join(WALKERS, "walk.js"))("playwright-core");

export const axeSource = readFileSync(join(WALKERS, "node_modules/axe-core/axe.min.js"), "utf8");
export const base = new URL(LINK).origin;
export const host = HOST;
export const WIDE = { width: 1280, height: 900 };
export const PHONE = { width: 390, height: 844 };

// No wait is longer than this, and no walk than the second: a bound for what hangs, and no measure
// of speed, for the machine may be busy with other things.
const WAIT_MS = 60_000;
const WALK_MS = 540_000;

let at = "the beginning";

/** Says what is being done, for whoever reads why a walk ended. */
export const step = (words) => {
  at = words;
  console.log(`${(performance.now() / 1000).toFixed(1)} s  ${words}`);
};

/** Takes a walk with a browser of its own; what the pages complained about ends it too. */
export const walk = async (way) => {
  const late = setTimeout(() => {
    console.error(`the walk took too long at: ${at}`);
    process.exit(1);
  }, WALK_MS);
  const executablePath = PATH.split(":").map((folder) => join(folder, "chromium")).find(existsSync);
  const browser = await chromium.launch({
    executablePath,
    args: [
      "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ],
  });
  try {
    await way(browser);
    assert.deepEqual(complaints, [], "pages complained");
  } catch (error) {
    console.error(`ended at: ${at}`);
    console.error(error);
    process.exitCode = 1;
  } finally {
    await browser.close();
    clearTimeout(late);
  }
};

// ---- People ------------------------------------------------------------------------------------

const complaints = [];

/** A browser context whose pages report what went wrong in them: errors, refused loads, and
 *  answers that are the server's fault. */
export const visitor = async (browser, options = {}) => {
  const context = await browser.newContext({ baseURL: base, viewport: WIDE, ...options });
  context.setDefaultTimeout(WAIT_MS);
  context.on("weberror", (error) => complaints.push(String(error.error())));
  context.on("console", (message) => {
    // A page that says no has a status that says so; the browser notes it as an error.
    const isStatus = message.text().startsWith("Failed to load resource: the server responded");
    if (message.type() === "error" && !isStatus) complaints.push(message.text());
  });
  context.on("request", (request) => {
    const { origin } = new URL(request.url());
    if (origin !== base) complaints.push(`${request.url()} was asked for by a page`);
  });
  context.on("response", (response) => {
    if (response.status() >= 500) complaints.push(`${response.status()} of ${response.url()}`);
  });
  return context;
};

/** Whoever started `up` opens the link that it printed. It works once. */
export const holder = async (browser, options) => {
  const context = await visitor(browser, options);
  const page = await context.newPage();
  await page.goto(LINK);
  assert.equal(page.url(), `${base}/`, "the link leads to Today, and does not stay in the address");
  return context;
};

/** Somebody pastes a token. */
export const guest = async (browser, token, options) => {
  const context = await visitor(browser, options);
  const page = await context.newPage();
  await page.goto("/");
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Today", level: 1 }).waitFor();
  return context;
};

/** The page that signing in left open. */
export const pageOf = (context) => context.pages()[0];

// ---- The command line --------------------------------------------------------------------------

/** Runs `holdfast`, which reaches the holder; the exit code has to be this one. */
export const holdfast = (args, { code = 0, token } = {}) =>
  new Promise((resolve, reject) => {
    const env = token ? { ...process.env, HOLDFAST_TOKEN: token } : process.env;
    execFile(HOLDFAST, args, { env, timeout: WAIT_MS }, (error, out, err) => {
      const ended = error ? error.code : 0;
      if (ended === code) resolve(out);
      else reject(new Error(`holdfast ${args.join(" ")} ended with ${ended}: ${out}${err}`));
    });
  });

/** A token for somebody. */
export const tokenFor = async (name) => (await holdfast(["token", "issue", name])).split("\n")[1];

/** Plans a change of the other system; gives the beginning of the plan's name. */
export const plan = async (control, tool = "shell") => {
  const args = ["fix", control, "--target", `root:${host}`, "--as", tool, "--apply"];
  const said = await holdfast(args, { code: 1 });
  const name = /^Planned as ([0-9a-f]{8})/.exec(said)?.[1];
  assert.ok(name, said);
  return name;
};

/** The address of the plan whose name begins so, as the list of plans links it. */
export const addressOf = async (page, name) => {
  await page.goto("/plans");
  return page.locator(`a[href^="/plans/${name}"]`).first().getAttribute("href");
};

// ---- The first look ----------------------------------------------------------------------------

/** Lets the first look begin. */
export const openGate = () => writeFileSync(join(GATE, "open"), "");

/** Waits until the first look has ended, and Today lists what it found. The page shows it by
 *  itself. */
export const firstLook = async (page) => {
  await page.goto("/");
  openGate();
  await page.locator("a[data-row]").first().waitFor();
};

/** Presses "Show" of the filters and waits for what they show: the old list looks alike. */
export const show = async (page) => {
  const before = page.url();
  await page.getByRole("button", { name: "Show" }).click();
  await page.waitForURL((url) => url.href !== before);
};

/** Opens the first finding of the other system that is called so. */
export const findingOfHost = async (page, title) => {
  await page.goto("/findings");
  await page.getByLabel("Asset").selectOption({ label: `root:${host}` });
  await show(page);
  await page.getByRole("link", { name: title }).first().click();
  await page.getByRole("heading", { name: title, level: 1 }).waitFor();
};

// ---- What is said ------------------------------------------------------------------------------

/** The page says this. */
export const says = (page, words) => page.getByText(words).first().waitFor();

/** The plan's page says that it stands so; it may be on its way there, and follows by itself. */
export const stands = (page, words) =>
  page.locator(".state-line .is-state", { hasText: new RegExp(`^${words}$`) }).waitFor();

/** Loads a page anew until it shows this; for pages without a script. */
export const reloadUntil = async (page, locator) => {
  const end = performance.now() + WAIT_MS;
  while ((await locator.count()) === 0) {
    assert.ok(performance.now() < end, `${page.url()} does not show ${locator}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await page.reload();
  }
};
