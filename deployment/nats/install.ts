import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, copyFile, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { askVersion } from "./ask-version.ts";
import { hasCode, NatsServerUnusableError, NatsServerWrongHashError } from "./errors.ts";
import { readIfThere } from "./read-if-there.ts";

/** Written beside a fetched binary: where it came from and what it was then. */
const Origin = z.object({ source: z.string(), version: z.string(), sha256: z.hex().length(64) });

const ORIGIN_FILE = "origin.json";

/**
 * Puts a binary into `<binariesDir>/<its version>/`. The folder appears whole or not at all: it is filled beside its
 * place and renamed, so of two fetches at the same time one wins and both end with the same good copy.
 *
 * @returns the path of the installed binary, and its version
 */
export async function installBinary(
  binary: string,
  binariesDir: string,
  source: string,
): Promise<{ path: string; version: string }> {
  await mkdir(binariesDir, { recursive: true });
  const staging = await mkdtemp(join(binariesDir, ".fetch-"));
  try {
    const name = basename(binary);
    const staged = join(staging, name);
    await copyFile(binary, staged);
    await chmod(staged, 0o755);
    await chmod(staging, 0o755);
    const version = await askVersion(staged);
    const origin = { source, version, sha256: await sha256OfFile(staged) };
    await writeFile(join(staging, ORIGIN_FILE), `${JSON.stringify(origin, null, 2)}\n`);
    const path = join(binariesDir, version, name);
    await renameIntoPlace(staging, join(binariesDir, version));
    return { path, version: await askVersion(path) };
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/**
 * A fetched binary must still be the one that was verified when it was fetched. A binary that somebody copied there by
 * hand has no origin file and is judged by its version alone.
 *
 * @throws NatsServerWrongHashError
 */
export async function verifyUnchanged(directory: string, binary: string): Promise<void> {
  const text = await readIfThere(join(directory, ORIGIN_FILE));
  if (text === undefined) return;
  const origin = Origin.safeParse(parseJson(text));
  if (!origin.success) throw new NatsServerUnusableError(`${join(directory, ORIGIN_FILE)} is damaged.`);
  const actual = await sha256OfFile(binary);
  if (actual !== origin.data.sha256) {
    throw new NatsServerWrongHashError(binary, origin.data.sha256, actual, "It changed since it was fetched.");
  }
}

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    throw new NatsServerUnusableError(`${path} cannot be read.`, { cause: error });
  }
  return hash.digest("hex");
}

const RENAME_ATTEMPTS_MAX = 10;

async function renameIntoPlace(staging: string, target: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await rename(staging, target);
    } catch (error) {
      if (hasCode(error, "ENOTEMPTY") || hasCode(error, "EEXIST")) return await replaceIfDamaged(staging, target);
      // On Windows a virus scanner holds a fresh .exe for a moment, and a folder that is there answers EPERM.
      const heldOpen = hasCode(error, "EPERM") || hasCode(error, "EACCES") || hasCode(error, "EBUSY");
      if (!heldOpen) throw error;
      if (attempt === RENAME_ATTEMPTS_MAX) return await replaceIfDamaged(staging, target);
      await sleep(200);
    }
  }
}

/** Somebody was faster, or a damaged copy is in the way. A good one stays; it may be running. */
async function replaceIfDamaged(staging: string, target: string): Promise<void> {
  const aside = `${staging}-damaged`;
  const name = process.platform === "win32" ? "nats-server.exe" : "nats-server";
  try {
    await verifyUnchanged(target, join(target, name));
    await askVersion(join(target, name));
    return;
  } catch (error) {
    if (!(error instanceof NatsServerUnusableError || error instanceof NatsServerWrongHashError)) throw error;
  }
  await rename(target, aside);
  await rename(staging, target);
  await rm(aside, { recursive: true, force: true });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
