// Pages that stay open: they follow what happens elsewhere, never take words away that somebody is
// writing, and an old page's form is told what happened meanwhile.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  addressOf, base, guest, holdfast, holder, host, openGate, pageOf, plan, says, stands, step,
  tokenFor, walk,
} from "./support.mjs";

/** A page that hears no news: as one that was opened before a laptop slept. */
const deaf = async (context) => {
  const page = await context.newPage();
  await page.route("**/events", (route) => route.fulfill({ status: 204 }));
  return page;
};

/** Marks a page, to tell whether it was loaded anew. */
const mark = (page) => page.evaluate(() => { window.stays = true; });
const stayed = (page) => page.evaluate(() => window.stays === true);

const pressed = (page, name) => page.getByRole("button", { name, exact: true }).click();

await walk(async (browser) => {
  step("three people sign in; Today fills by itself when the first look ends");
  const here = await holder(browser);
  const mine = pageOf(here);
  const tokens = { ben: await tokenFor("ben"), cara: await tokenFor("cara") };
  const ben = await guest(browser, tokens.ben);
  const cara = await guest(browser, tokens.cara);
  await says(mine, "Nothing was looked at yet");
  await mark(mine);
  openGate();
  await mine.locator("a[data-row]").first().waitFor();
  assert.ok(await stayed(mine));

  step("a list shows a plan made on the command line, without being loaded anew");
  await mine.goto("/plans");
  await says(mine, "Nobody planned a change yet");
  await mark(mine);
  const first = await plan("root-login");
  const row = mine.locator(`a[href^="/plans/${first}"]`).first();
  await row.waitFor();
  await says(mine, "1 plan waits for a yes.");
  assert.ok(await stayed(mine));

  step("words that somebody writes stay while something changes");
  const address = await row.getAttribute("href");
  const bens = pageOf(ben);
  await bens.goto(address);
  await bens.getByText("Refuse…").click();
  await bens.getByLabel("Why not").fill("Not before");
  await mark(bens);
  await holdfast(["approve", first], { token: tokens.cara });
  await says(bens, "Something changed.");
  assert.equal(await bens.getByLabel("Why not").inputValue(), "Not before");
  assert.ok(await stayed(bens));
  await bens.getByRole("link", { name: "Show it" }).click();
  await stands(bens, "Approved");
  await says(bens, "cara said yes");

  step("who approves what was refused meanwhile is told so");
  const second = await plan("root-login", "ansible");
  const old = await deaf(ben);
  await old.goto(await addressOf(mine, second));
  await holdfast(["approve", second, "--refuse", "--because", "not in the week of the sale"], {
    token: tokens.cara,
  });
  await stands(old, "Waits for a yes");
  const [answer] = await Promise.all([
    old.waitForResponse((response) => response.url() === `${base}/approve`),
    pressed(old, "Approve"),
  ]);
  assert.equal(answer.status(), 409);
  await old.getByRole("heading", { name: "Something happened meanwhile", level: 1 }).waitFor();
  await says(old, "The plan was refused.");
  await says(old, "cara said no");
  await says(old, "not in the week of the sale");
  await old.getByRole("link", { name: "See how it stands now" }).click();
  await stands(old, "Refused");

  step("of two who say yes at the same moment, neither is turned away");
  const third = await plan("root-login");
  const where = await addressOf(mine, third);
  const both = [await deaf(ben), await deaf(cara)];
  await Promise.all(both.map((page) => page.goto(where)));
  await Promise.all(both.map((page) => pressed(page, "Approve")));
  await Promise.all(both.map((page) => stands(page, "Approved")));

  step("loading the answer anew sends nothing twice");
  const sent = [];
  both[0].on("request", (request) => sent.push(request.method()));
  await both[0].reload();
  await stands(both[0], "Approved");
  assert.ok(sent.length > 0 && !sent.includes("POST"), sent.join(" "));

  step("what was approved is not carried out on a host that changed since");
  const now = "Port 22\nPermitRootLogin without-password\nPasswordAuthentication yes\n";
  writeFileSync(join(host, "etc/ssh/sshd_config"), now);
  await pressed(both[0], "Apply now");
  await says(both[0], "is not as it was when this was planned");

  step("keys move, list themselves, and go anywhere");
  await mine.goto("/");
  await mine.keyboard.press("j");
  await mine.keyboard.press("j");
  const rows = mine.locator("[data-row]");
  assert.ok(await rows.nth(1).evaluate((row) => row === document.activeElement));
  await mine.keyboard.press("k");
  assert.ok(await rows.nth(0).evaluate((row) => row === document.activeElement));
  await mine.keyboard.press("?");
  await mine.getByRole("dialog", { name: "Keys" }).waitFor();
  await mine.keyboard.press("Escape");
  await mine.keyboard.press("Control+k");
  await mine.getByRole("dialog", { name: "Go to" }).waitFor();
  await mine.keyboard.type("record");
  await mine.keyboard.press("Enter");
  await mine.getByRole("heading", { name: "Record", level: 1 }).waitFor();
  await mine.keyboard.press("/");
  await mine.waitForURL("**/findings#q");
  assert.ok(await mine.locator("#q").evaluate((field) => field === document.activeElement));

  step("who signed out elsewhere is asked to sign in, and nothing is done");
  const fourth = await plan("root-login", "ansible");
  const left = await deaf(cara);
  await left.goto(await addressOf(mine, fourth));
  const other = pageOf(cara);
  await other.goto("/");
  await pressed(other, "Sign out");
  await other.getByLabel("Token").waitFor();
  await pressed(left, "Approve");
  await left.getByRole("heading", { name: "Sign in first", level: 1 }).waitFor();
  await left.getByRole("link", { name: "Sign in" }).click();
  await left.getByLabel("Token").waitFor();
  await mine.goto(await addressOf(mine, fourth));
  await stands(mine, "Waits for a yes");

  step("whose token is revoked is out");
  await holdfast(["token", "revoke", "ben"]);
  await bens.goto("/plans");
  await bens.getByLabel("Token").fill(tokens.ben);
  await pressed(bens, "Sign in");
  await says(bens, "This token opens nothing.");
});
