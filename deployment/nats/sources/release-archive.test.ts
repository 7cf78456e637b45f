import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findServer } from "../find-server.ts";
import { runCommand } from "../run-command.ts";
import { projectCopy } from "./project-copy.ts";
import { assetOf, PINNED_RELEASE, type Release, releaseArchive } from "./release-archive.ts";

const FOLDER = "nats-server-v9.9.9-linux-amd64";
let root = "";
let server: Server;
let archive = Buffer.alloc(0);

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "crucible-archive-"));
  await mkdir(join(root, FOLDER));
  await writeFile(join(root, FOLDER, "nats-server"), "#!/bin/sh\necho 'nats-server: v9.9.9'\n");
  await chmod(join(root, FOLDER, "nats-server"), 0o755);
  const file = join(root, `${FOLDER}.tar.gz`);
  await runCommand("tar", ["-czf", file, "-C", root, FOLDER], { timeoutMs: 10_000 });
  archive = await readFile(file);
  server = createServer((request, response) => {
    const known = request.url === `/${FOLDER}.tar.gz`;
    response.writeHead(known ? 200 : 404).end(known ? archive : "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(root, { recursive: true, force: true });
});

const search = () => ({ binariesDir: join(root, "binaries"), platform: "linux" as const, arch: "x64" });
const release = (sha256: string): Release => ({
  version: "9.9.9",
  baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  sha256: { "linux-amd64": sha256 },
});
const hashOf = (data: Buffer) => createHash("sha256").update(data).digest("hex");

describe("the release archive", () => {
  it("is verified, unpacked and kept under the project", async () => {
    const found = await findServer(search(), [releaseArchive(release(hashOf(archive)))]);
    const path = join(root, "binaries", "9.9.9", "nats-server");
    expect(found).toMatchObject({ path, version: "9.9.9" });
    expect((await stat(path)).mode & 0o111).not.toBe(0);
    expect(await findServer(search(), [projectCopy])).toMatchObject({ path });
    expect(await readdir(join(root, "binaries"))).toEqual(["9.9.9"]);
  });

  it("with the wrong hash is not even unpacked", async () => {
    const expected = hashOf(archive);
    archive = Buffer.concat([archive, Buffer.from("x")]);
    await expect(findServer(search(), [releaseArchive(release(expected))])).rejects.toMatchObject({
      attempts: [
        {
          code: "NATS_SERVER_WRONG_HASH",
          problem: expect.stringMatching(new RegExp(`${hashOf(archive)}, expected ${expected}`)),
        },
      ],
    });
    await expect(readdir(join(root, "binaries"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("may be fetched twice at the same time", async () => {
    const source = releaseArchive(release(hashOf(archive)));
    const found = await Promise.all([1, 2, 3].map(() => findServer(search(), [source])));
    expect(new Set(found.map(({ path }) => path)).size).toBe(1);
    expect(await readdir(join(root, "binaries"))).toEqual(["9.9.9"]);
  });

  it("replaces a damaged copy", async () => {
    await mkdir(join(root, "binaries", "9.9.9"), { recursive: true });
    await writeFile(join(root, "binaries", "9.9.9", "nats-server"), "");
    const found = await findServer(search(), [projectCopy, releaseArchive(release(hashOf(archive)))]);
    expect(found).toMatchObject({ version: "9.9.9", attempts: [{ code: "NATS_SERVER_UNUSABLE" }] });
  });

  it("that is not there is a clear attempt", async () => {
    const missing = { ...release(hashOf(archive)), version: "9.9.8" };
    await expect(findServer(search(), [releaseArchive(missing)])).rejects.toMatchObject({
      attempts: [{ code: "NATS_FETCH_FAILED", problem: expect.stringContaining("404") }],
    });
  });

  it("fails over in seconds when nobody answers", async () => {
    const silent = createTcpServer((socket) => socket.on("error", () => socket.destroy()));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const startedMs = performance.now();
    const { port } = silent.address() as AddressInfo;
    const deaf = { ...release("0".repeat(64)), baseUrl: `https://127.0.0.1:${port}` };
    await expect(findServer(search(), [releaseArchive(deaf)])).rejects.toMatchObject({
      attempts: [{ code: "NATS_FETCH_FAILED" }],
    });
    silent.close();
    expect(performance.now() - startedMs).toBeLessThan(8_000);
  });

  it("is pinned for every supported machine", () => {
    for (const [platform, arch] of [
      ["win32", "x64"],
      ["win32", "arm64"],
      ["linux", "x64"],
      ["linux", "arm64"],
      ["darwin", "x64"],
      ["darwin", "arm64"],
    ] as const) {
      expect(assetOf(PINNED_RELEASE, platform, arch).sha256).toMatch(/^[0-9a-f]{64}$/);
    }
    expect(assetOf(PINNED_RELEASE, "win32", "x64").file).toBe("nats-server-v2.15.0-windows-amd64.zip");
    expect(() => assetOf(PINNED_RELEASE, "freebsd", "x64")).toThrow("no archive is pinned for freebsd x64");
  });
});
