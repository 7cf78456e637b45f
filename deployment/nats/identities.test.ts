import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nkeys } from "nats";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NatsIdentityError } from "./errors.ts";
import { ensureIdentities } from "./identities.ts";

let directory = "";
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "crucible-identities-"));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe("the identities", () => {
  it("are user keys in files only this user can read", async () => {
    const [risk] = await ensureIdentities(join(directory, "identities"), ["risk"]);
    const seedFile = join(directory, "identities", "risk.seed");
    expect(risk).toMatchObject({ name: "risk", seedFile, publicKey: expect.stringMatching(/^U[A-Z2-7]{55}$/) });
    expect((await stat(seedFile)).mode & 0o777).toBe(0o600);
    expect(await readFile(seedFile, "utf8")).toMatch(/^SU[A-Z2-7]{56}\n$/);
  });

  it("stay the same at the next start, and only the missing one is made", async () => {
    const before = await ensureIdentities(directory, ["risk", "strategy"]);
    const after = await ensureIdentities(directory, ["risk", "strategy", "notifier"]);
    expect(after.slice(0, 2)).toEqual(before);
    expect((await readdir(directory)).sort()).toEqual(["notifier.seed", "risk.seed", "strategy.seed"]);
  });

  it("are the same for two starts at once", async () => {
    const starts = await Promise.all(Array.from({ length: 8 }, () => ensureIdentities(directory, ["risk"])));
    expect(new Set(starts.flat().map(({ publicKey }) => publicKey)).size).toBe(1);
    expect(await readdir(directory)).toEqual(["risk.seed"]);
  });

  it("are closed to other users when they were open", async () => {
    await ensureIdentities(directory, ["risk"]);
    await chmod(join(directory, "risk.seed"), 0o644);
    expect(await ensureIdentities(directory, ["risk"])).toMatchObject([{ wasOpenToOthers: true }]);
    expect(await ensureIdentities(directory, ["risk"])).toMatchObject([{ wasOpenToOthers: false }]);
  });

  const accountSeed = new TextDecoder().decode(nkeys.createAccount().getSeed());
  it.each([
    ["nothing", ""],
    ["something else", "hello"],
    ["a damaged seed", `SU${"A".repeat(56)}`],
    ["the seed of an account", accountSeed],
  ])("name a file that holds %s, and the fix, and never the content", async (_, content) => {
    const seedFile = join(directory, "risk.seed");
    await writeFile(seedFile, content);
    const error = await ensureIdentities(directory, ["risk"]).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NatsIdentityError);
    expect(error).toMatchObject({ code: "NATS_IDENTITY_INVALID", message: expect.stringContaining(seedFile) });
    expect(error).toMatchObject({ message: expect.stringContaining("delete it") });
    if (content !== "") expect(String((error as Error).stack)).not.toContain(content);
    expect(await readFile(seedFile, "utf8")).toBe(content);
  });
});
