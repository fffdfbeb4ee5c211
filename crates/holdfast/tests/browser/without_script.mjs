// The console without a script: links and forms reach everything.

import assert from "node:assert/strict";
import {
  findingOfHost, guest, holder, openGate, pageOf, plan, reloadUntil, says, show, stands, step,
  tokenFor, walk,
} from "./support.mjs";

const options = { javaScriptEnabled: false };

await walk(async (browser) => {
  step("both sign in");
  const mine = pageOf(await holder(browser, options));
  const bens = pageOf(await guest(browser, await tokenFor("ben"), options));
  openGate();
  await reloadUntil(mine, mine.locator("a[data-row]"));

  step("the navigation leads everywhere");
  for (const [name, heading] of [
    ["Findings", "Findings"], ["Assets", "Assets"], ["Plans", "Plans"],
    ["Our rules", /rules for acting/i], ["Record", "Record"], ["Today", "Today"],
  ]) {
    const places = mine.getByRole("navigation", { name: "Pages" });
    await places.getByRole("link", { name, exact: true }).click();
    await mine.getByRole("heading", { name: heading, level: 1 }).waitFor();
  }

  step("a package's finding is searched and read");
  await mine.goto("/findings");
  await mine.getByLabel("Search").fill("ua-parser-js");
  await mine.getByLabel("Kind").selectOption({ label: "Package" });
  await show(mine);
  assert.equal(await mine.locator("a[data-row]").count(), 1);
  assert.equal(new URL(mine.url()).searchParams.get("q"), "ua-parser-js");
  await mine.locator("a[data-row]").click();
  await says(mine, "package-lock.json");
  await mine.getByRole("heading", { name: "What happened to it" }).waitFor();
  await mine.getByRole("link", { name: /^entry \d+$/ }).first().click();
  await says(mine, "The proof holds");

  step("an asset's tabs and their search");
  await mine.goto("/assets");
  await mine.getByRole("link", { name: "shop" }).click();
  await mine.getByRole("link", { name: /^Packages/ }).click();
  await mine.getByLabel("Search packages").fill("quiet");
  await show(mine);
  assert.equal(await mine.getByRole("table").getByRole("row").count(), 2);

  step("Look again looks again");
  await mine.goto("/");
  await mine.getByRole("button", { name: "Look again" }).first().click();
  await mine.getByRole("status").first().waitFor();

  step("a fix is planned, with each of its forms shown before");
  // The other system is known once somebody planned for it.
  await plan("root-login");
  await findingOfHost(mine, "a password is enough to log in over ssh");
  await mine.getByLabel("Ansible").check();
  await mine.getByRole("button", { name: "Plan the fix" }).click();
  await says(mine, "ansible.builtin");
  await stands(mine, "Waits for a yes");
  const address = mine.url();

  step("ben approves one and refuses the other");
  await bens.goto(address);
  await bens.getByText("Refuse…").click();
  await bens.getByLabel("Why not").waitFor();
  await bens.getByRole("button", { name: "Approve" }).click();
  await stands(bens, "Approved");
  await says(bens, "Approved. It may be carried out.");
  await bens.goto("/plans");
  await bens.getByRole("link", { name: "Nobody logs in as root over ssh" }).click();
  await bens.getByText("Refuse…").click();
  await bens.getByLabel("Why not").fill("The backup needs it");
  await bens.getByRole("button", { name: "Refuse the plan" }).click();
  await stands(bens, "Refused");

  step("a finding is accepted by two");
  await findingOfHost(mine, "root may log in over ssh");
  await mine.getByText("Accept until…").click();
  await mine.getByLabel("Why this is all right until then").fill("The backup needs it");
  await mine.getByRole("button", { name: "Ask to accept it" }).click();
  assert.ok(await mine.getByRole("button", { name: "Approve the acceptance" }).isDisabled());
  await bens.goto(mine.url());
  await bens.getByRole("button", { name: "Approve the acceptance" }).click();
  await says(bens, "Approved; it counts now.");

  step("both sign out");
  for (const page of [mine, bens]) {
    await page.goto("/");
    await page.getByRole("button", { name: "Sign out" }).first().click();
    await page.getByLabel("Token").waitFor();
    await page.goto("/plans");
    await page.getByLabel("Token").waitFor();
  }
});
