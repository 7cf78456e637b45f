import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NatsFetchError, NatsServerNotFoundError } from "./errors.ts";
import { findServer } from "./find-server.ts";
import type { Source } from "./source.ts";
import { explicitPath } from "./sources/explicit-path.ts";
import { projectCopy } from "./sources/project-copy.ts";
import { searchPath } from "./sources/search-path.ts";

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "crucible-find-"));
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

/** A program that prints what is asked of it; `platform: "darwin"` keeps this machine's sbin out of the search. */
async function decoy(folder: string, prints: string): Promise<string> {
  const path = join(root, folder, "nats-server");
  await mkdir(join(root, folder), { recursive: true });
  await writeFile(path, `#!/bin/sh\necho '${prints}'\n`);
  await chmod(path, 0o755);
  return path;
}
const local: readonly Source[] = [explicitPath, projectCopy, searchPath];
const here = () => ({ binariesDir: join(root, "binaries"), platform: "darwin" as const, searchPath: [] as string[] });

describe("finding a nats-server", () => {
  it("takes an explicit path before everything else", async () => {
    const serverPath = await decoy("explicit", "nats-server: v2.12.0");
    await decoy("binaries/2.15.0", "nats-server: v2.15.0");
    const found = await findServer({ ...here(), serverPath }, local);
    expect(found).toMatchObject({ path: serverPath, version: "2.12.0", source: "NATS_SERVER_PATH" });
  });

  it("does not fall over to another when the explicit one is too old", async () => {
    const serverPath = await decoy("explicit", "nats-server: v2.10.27");
    await decoy("binaries/2.15.0", "nats-server: v2.15.0");
    await expect(findServer({ ...here(), serverPath }, local)).rejects.toMatchObject({
      code: "NATS_SERVER_TOO_OLD",
      message: expect.stringMatching(/NATS_SERVER_PATH=.*2\.10\.27 is older than 2\.12\.0.*remove the line/),
    });
  });

  it.each([
    ["is missing", "/nonexistent/nats-server"],
    ["is a folder", tmpdir()],
  ])("says so when the explicit one %s", async (_, serverPath) => {
    await expect(findServer({ ...here(), serverPath }, local)).rejects.toMatchObject({
      code: "NATS_SERVER_UNUSABLE",
      message: expect.stringContaining(serverPath),
    });
  });

  it("does not take another program for a nats-server", async () => {
    const serverPath = await decoy("explicit", "somebody else 9.9.9");
    await expect(findServer({ ...here(), serverPath }, local)).rejects.toMatchObject({ code: "NATS_SERVER_UNUSABLE" });
  });

  it("prefers the copy under the project, the newest first", async () => {
    await decoy("binaries/2.9.10", "nats-server: v2.9.10");
    await decoy("binaries/2.15.0", "nats-server: v2.15.0");
    const path = await decoy("binaries/2.15.1", "nats-server: v2.15.1");
    const onPath = join(root, "bin");
    await decoy("bin", "nats-server: v2.16.0");
    expect(await findServer({ ...here(), searchPath: [onPath] }, local)).toMatchObject({ path, version: "2.15.1" });
  });

  it("refuses a copy whose version is not its folder's", async () => {
    await decoy("binaries/2.15.1", "nats-server: v2.14.0");
    await expect(findServer(here(), local)).rejects.toMatchObject({
      message: expect.stringContaining("says it is 2.14.0, but its folder says 2.15.1"),
    });
  });

  it("refuses a copy that changed since it was fetched", async () => {
    await decoy("binaries/2.15.1", "nats-server: v2.15.1");
    const origin = { source: "x", version: "2.15.1", sha256: "0".repeat(64) };
    await writeFile(join(root, "binaries/2.15.1/origin.json"), JSON.stringify(origin));
    await expect(findServer(here(), local)).rejects.toMatchObject({
      attempts: expect.arrayContaining([
        expect.objectContaining({
          code: "NATS_SERVER_WRONG_HASH",
          remedy: expect.stringContaining("Delete the folder"),
        }),
      ]),
    });
  });

  it("walks past an old one on the PATH to a new enough one", async () => {
    await decoy("old", "nats-server: v2.9.10");
    const path = await decoy("new", "nats-server: v2.12.3");
    const folders = ["relative", join(root, "nothing"), join(root, "old"), join(root, "new")];
    expect(await findServer({ ...here(), searchPath: folders }, local)).toMatchObject({ path, source: "PATH" });
  });

  it("says of each source what it tried and what to do", async () => {
    await decoy("old", "nats-server: v2.9.10");
    const failing: Source = {
      name: "archive",
      find: () => Promise.reject(new NatsFetchError("no route", "check the cable")),
    };
    const error = await findServer({ ...here(), searchPath: [join(root, "old")] }, [...local, failing]).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(NatsServerNotFoundError);
    const { message, attempts } = error as NatsServerNotFoundError;
    expect(attempts.map(({ source, code }) => `${source} ${code}`)).toEqual([
      "copy under the project NATS_SERVER_NOT_FOUND",
      "PATH NATS_SERVER_TOO_OLD",
      "archive NATS_FETCH_FAILED",
    ]);
    expect(message).toContain("2.9.10 is older than 2.12.0, and older than 2.10.23");
    expect(message).toContain("check the cable");
  });
});
