// Two people and a change of a real system: one plans it and cannot approve it, the other refuses
// it, approves the next one, carries it out, confirms, and takes it back.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  addressOf, findingOfHost, firstLook, guest, holdfast, holder, host, pageOf, plan, says,
  stands, step, tokenFor, walk,
} from "./support.mjs";

// A cloud image's drop-in wins over the main file.
mkdirSync(join(host, "etc/ssh/sshd_config.d"), { recursive: true });
writeFileSync(join(host, "etc/ssh/sshd_config.d/50-cloud.conf"), "PermitRootLogin yes\n");
const dropIn = join(host, "etc/ssh/sshd_config.d/00-holdfast-root-login.conf");

const TITLE = "Nobody logs in as root over ssh";

/** Sends a form as a page would, without one. */
const send = (page, to, fields) =>
  page.evaluate(
    async ([to, fields]) => {
      const body = new URLSearchParams(fields);
      const answer = await fetch(to, { method: "POST", body });
      return [answer.status, await answer.text()];
    },
    [to, fields],
  );

/** What this session's forms carry. */
const formToken = (page) => page.locator("input[name=form_token]").first().inputValue();

await walk(async (browser) => {
  step("both sign in");
  const here = await holder(browser);
  const token = await tokenFor("ben");
  const there = await guest(browser, token);
  const [mine, bens] = [pageOf(here), pageOf(there)];
  await firstLook(mine);

  step("a plan made on the command line is refused in the console");
  const first = await plan("root-login", "ansible");
  const address = await addressOf(mine, first);
  await mine.goto(address);
  await stands(mine, "Waits for a yes");
  await bens.goto(address);
  await bens.getByText("Refuse…").click();
  await bens.getByRole("button", { name: "Refuse the plan" }).click();
  assert.equal(new URL(bens.url()).pathname, address, "a no without a reason is not sent");
  await bens.getByLabel("Why not").fill("The backup still logs in as root <until Friday>");
  await bens.getByRole("button", { name: "Refuse the plan" }).click();
  await stands(bens, "Refused");
  await says(bens, "The backup still logs in as root <until Friday>");
  // The other one's page follows by itself.
  await stands(mine, "Refused");
  await says(mine, "ben said no");

  step("the holder plans the second one in the console");
  await findingOfHost(mine, "root may log in over ssh");
  await says(mine, "50-cloud.conf");
  await mine.getByLabel("Ansible").check();
  await mine.getByRole("button", { name: "Plan the fix" }).click();
  await mine.getByRole("heading", { name: TITLE, level: 1 }).waitFor();
  const second = new URL(mine.url()).pathname;
  assert.notEqual(second, address);

  step("who planned it cannot approve it");
  const approve = mine.getByRole("button", { name: "Approve" });
  assert.ok(await approve.isDisabled());
  const why = await approve.getAttribute("aria-describedby");
  assert.match(await mine.locator(`[id="${why}"]`).innerText(), /you planned it/i);
  const digest = second.split("/").at(-1);
  const own = { form_token: await formToken(mine), plan: digest };
  const [status, text] = await send(mine, "/approve", own);
  assert.equal(status, 403);
  assert.match(text, /you planned it/i);
  // Nor with somebody else's form token, nor without one, nor may ben's session be used so.
  const bensToken = await formToken(bens);
  assert.equal((await send(mine, "/approve", { ...own, form_token: bensToken }))[0], 403);
  assert.equal((await send(bens, "/approve", { plan: digest }))[0], 403);
  assert.equal((await send(bens, "/approve", own))[0], 403);
  await mine.reload();
  await stands(mine, "Waits for a yes");

  step("ben approves it");
  await bens.goto("/");
  await bens.getByRole("link", { name: "Read and approve" }).first().click();
  await bens.getByRole("heading", { name: TITLE, level: 1 }).waitFor();
  assert.equal(new URL(bens.url()).pathname, second);
  await bens.getByRole("button", { name: "Approve" }).click();
  await stands(bens, "Approved");
  await stands(mine, "Approved");
  await says(mine, "ben said yes");

  step("nothing is changed while nobody else would get in");
  await bens.getByRole("button", { name: "Apply now" }).click();
  await says(bens, /nothing was changed/i);
  assert.ok(!existsSync(dropIn));
  execFileSync("chroot", [host, "useradd", "-m", "-G", "sudo", "-s", "/bin/bash", "ada"]);
  mkdirSync(join(host, "home/ada/.ssh"));
  writeFileSync(join(host, "home/ada/.ssh/authorized_keys"), "ssh-ed25519 AAAAC3Nz ada\n");

  step("ben carries it out");
  await bens.goto(second);
  await stands(bens, "Approved");
  await bens.getByRole("button", { name: "Apply now" }).click();
  await bens.getByRole("button", { name: "I can still get in" }).waitFor();
  await says(bens, "Confirm before");
  assert.ok(existsSync(dropIn));

  step("ben confirms");
  await bens.getByRole("button", { name: "I can still get in" }).click();
  await stands(bens, "Done and proven");
  await stands(mine, "Done and proven");
  await mine.goto("/findings?state=fixed");
  await mine.getByRole("link", { name: "root may log in over ssh" }).waitFor();

  step("the holder takes it back");
  await mine.goto(second);
  await mine.getByRole("button", { name: "Take it back" }).click();
  await stands(mine, "Taken back");
  assert.deepEqual(readdirSync(join(host, "etc/ssh/sshd_config.d")), ["50-cloud.conf"]);
  await stands(bens, "Taken back");
  await holdfast(["ledger", "verify"]);
});
