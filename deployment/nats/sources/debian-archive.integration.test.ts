import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { NatsServerNotFoundError } from "../errors.ts";
import { findServer } from "../find-server.ts";
import { runCommand } from "../run-command.ts";
import { debianArchive } from "./debian-archive.ts";

let root = "";
let mirror: Server | undefined;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "crucible-debian-"));
});
afterEach(async () => {
  await new Promise<void>((resolve) => (mirror === undefined ? resolve() : mirror.close(() => resolve())));
  mirror = undefined;
  await rm(root, { recursive: true, force: true });
});

/** A mirror that offers a nats-server 9.9.9 and signs nothing. */
async function unsignedMirror(): Promise<string> {
  const tree = join(root, "package");
  await mkdir(join(tree, "DEBIAN"), { recursive: true });
  await mkdir(join(tree, "usr", "sbin"), { recursive: true });
  const { stdout } = await runCommand("dpkg", ["--print-architecture"], { timeoutMs: 10_000 });
  const architecture = stdout.trim();
  const control = `Package: nats-server\nVersion: 9.9.9-1\nArchitecture: ${architecture}\nMaintainer: x <x@example.com>\nDescription: x\n`;
  await writeFile(join(tree, "DEBIAN", "control"), control);
  await writeFile(join(tree, "usr", "sbin", "nats-server"), "#!/bin/sh\necho 'nats-server: v9.9.9'\n");
  await chmod(join(tree, "usr", "sbin", "nats-server"), 0o755);
  const file = join(root, "n.deb");
  await runCommand("dpkg-deb", ["-b", tree, file], { timeoutMs: 10_000 });
  const deb = await readFile(file);
  const sha256 = (data: string | Buffer) => createHash("sha256").update(data).digest("hex");
  const packages = `${control}Filename: pool/n.deb\nSize: ${deb.length}\nSHA256: ${sha256(deb)}\n`;
  const index = `main/binary-${architecture}/Packages`;
  const release = `Suite: x\nDate: Sun, 22 Nov 2026 10:00:00 UTC\nComponents: main\nArchitectures: ${architecture}\nSHA256:\n ${sha256(packages)} ${packages.length} ${index}\n`;
  mirror = createServer((request, response) => {
    const url = request.url ?? "";
    if (url.endsWith("/Release")) response.end(release);
    else if (url.endsWith(index)) response.end(packages);
    else if (url.endsWith("n.deb")) response.end(deb);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => mirror?.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(mirror.address() as AddressInfo).port}/debian/`;
}

const outcome = (mirrors?: readonly string[]) =>
  findServer({ binariesDir: join(root, "binaries") }, [debianArchive(mirrors)]).catch((error: unknown) => {
    if (error instanceof NatsServerNotFoundError) return error;
    throw error;
  });

/** What a system-wide apt run would change. */
async function systemLists(): Promise<string> {
  const names = (await readdir("/var/lib/apt/lists")).sort();
  const stats = await Promise.all(names.map((name) => stat(join("/var/lib/apt/lists", name))));
  return JSON.stringify(names.map((name, index) => [name, stats[index]?.mtimeMs, stats[index]?.size]));
}

// Only Debian and Ubuntu have this source; anywhere else it must step aside without an attempt.
const hasApt = await runCommand("apt-get", ["--version"], { timeoutMs: 10_000 }).then(
  () => true,
  () => false,
);

describe.runIf(hasApt)("the package of Debian or Ubuntu", () => {
  it("is fetched from this machine's own mirror, new enough, and the system stays as it was", async () => {
    const before = await systemLists();
    const found = await outcome();
    expect(found).toMatchObject({ path: expect.stringContaining(join(root, "binaries")), version: expect.any(String) });
    if (found instanceof NatsServerNotFoundError) throw found;
    expect(Number(found.version.split(".")[0])).toBeGreaterThanOrEqual(2);
    expect(await readdir(join(root, "binaries", found.version))).toEqual(["nats-server", "origin.json"]);
    expect(await systemLists()).toBe(before);
  }, 120_000);

  it("is refused when the mirror signs nothing", async () => {
    const refused = await outcome([await unsignedMirror()]);
    expect(refused).toBeInstanceOf(NatsServerNotFoundError);
    const { attempts } = refused as NatsServerNotFoundError;
    expect(attempts.length).toBeGreaterThan(0);
    for (const { problem } of attempts) expect(problem).toMatch(/not signed/);
    await expect(readdir(join(root, "binaries"))).rejects.toMatchObject({ code: "ENOENT" });
  }, 60_000);

  it("gives up a mirror that does not answer at once", async () => {
    const unreachable = await outcome(["http://127.0.0.1:9/debian/"]);
    expect(unreachable).toMatchObject({
      attempts: [{ problem: expect.stringMatching(/apt-get update for .* ended with code 100: .*connect/) }],
    });
  }, 60_000);
});

it("steps aside on a machine without apt", async () => {
  const search = { binariesDir: join(root, "binaries"), platform: "darwin" as const };
  await expect(findServer(search, [debianArchive()])).rejects.toMatchObject({ attempts: [] });
});
