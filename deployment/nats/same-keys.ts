import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { describe, hasCode, NatsIdentityError } from "./errors.ts";
import type { Identity } from "./identities.ts";
import { readIfThere } from "./read-if-there.ts";

/** The public key of each identity, as the last start published it. */
export type PublishedKeys = Readonly<Record<string, string>>;

const RESTORE =
  "The ledger is signed with these keys: with new ones everything in it, halts and limits included, would count as forged. Restore the folder `identities` of DATA_DIR from the backup that belongs to the store. To begin anew without history, move the folders of the modes (dry-run, paper, live) away as well.";

/**
 * Refuses to go on when a key that facts in a store may be signed with is gone. Called before missing keys are made.
 *
 * @returns the keys as the last start published them; empty before the first start
 * @throws NatsIdentityError naming what is missing and the fix
 */
export async function requireKeysOfStores(dataDir: string, names: readonly string[]): Promise<PublishedKeys> {
  const directory = join(dataDir, "identities");
  const text = await readIfThere(join(directory, "public-keys.json"));
  if (text === undefined) {
    const store = await firstStore(dataDir);
    if (store === undefined || (await present(directory, names))) return {};
    throw new NatsIdentityError(`The keys in ${directory} are gone, but there is a store in ${store}. ${RESTORE}`);
  }
  const published = parseKeys(text, join(directory, "public-keys.json"));
  for (const name of Object.keys(published)) {
    if (!names.includes(name) || (await present(directory, [name]))) continue;
    throw new NatsIdentityError(`${join(directory, `${name}.seed`)} is gone. ${RESTORE}`);
  }
  return published;
}

/** @throws NatsIdentityError when an identity now has another key than the one it was published with */
export function requireSameKeys(published: PublishedKeys, identities: readonly Identity[]): void {
  for (const { name, publicKey, seedFile } of identities) {
    const before = published[name];
    if (before !== undefined && before !== publicKey) {
      throw new NatsIdentityError(`${seedFile} holds another key than before. ${RESTORE}`);
    }
  }
}

function parseKeys(text: string, path: string): PublishedKeys {
  try {
    return z.record(z.string(), z.string()).parse(JSON.parse(text));
  } catch (error) {
    throw new NatsIdentityError(`${path} cannot be read (${describe(error)}). ${RESTORE}`, { cause: error });
  }
}

async function present(directory: string, names: readonly string[]): Promise<boolean> {
  const found = await Promise.all(names.map((name) => exists(join(directory, `${name}.seed`))));
  return found.every(Boolean);
}

/** A store of any mode that holds something: all of them are signed with the same keys. */
async function firstStore(dataDir: string): Promise<string | undefined> {
  for (const mode of ["live", "paper", "dry-run"]) {
    const store = join(dataDir, mode, "jetstream");
    try {
      if ((await readdir(store)).length > 0) return store;
    } catch (error) {
      if (!hasCode(error, "ENOENT") && !hasCode(error, "ENOTDIR")) throw error;
    }
  }
  return undefined;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    throw error;
  }
}
