import { randomUUID } from "node:crypto";
import { chmod, link, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { nkeys } from "nats";
import { describe, hasCode, NatsIdentityError } from "./errors.ts";
import { readIfThere } from "./read-if-there.ts";

/** One holder of an nkey. The seed stays in its file; only the public key goes into the server's config. */
export type Identity = {
  name: string;
  publicKey: string;
  seedFile: string;
  /** The file could be read by other users of this machine until just now. */
  wasOpenToOthers: boolean;
};

/**
 * Makes the missing nkey seeds in `<directory>/<name>.seed` (mode 0600) and reads the others. May run any number of
 * times, also in two processes at once: a seed that is there is never replaced.
 *
 * @throws NatsIdentityError naming the file and the fix; never what the file holds
 */
export async function ensureIdentities(directory: string, names: readonly string[]): Promise<Identity[]> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new NatsIdentityError(
      `The folder ${directory} for the bus identities cannot be made (${describe(error)}). Give this user write permission, or point DATA_DIR at another folder.`,
      { cause: error },
    );
  }
  return await Promise.all(names.map((name) => ensureIdentity(name, join(directory, `${name}.seed`))));
}

async function ensureIdentity(name: string, seedFile: string): Promise<Identity> {
  try {
    const existing = await readIfThere(seedFile);
    if (existing === undefined) await createSeedFile(seedFile);
    const seed = existing ?? (await readFile(seedFile, "utf8"));
    return { name, publicKey: publicKeyOf(seed, seedFile), seedFile, wasOpenToOthers: await closeToOthers(seedFile) };
  } catch (error) {
    if (error instanceof NatsIdentityError) throw error;
    throw new NatsIdentityError(
      `The identity file ${seedFile} cannot be read or written (${describe(error)}). Give this user permission on it.`,
      { cause: error },
    );
  }
}

function publicKeyOf(content: string, seedFile: string): string {
  const seed = content.trim();
  // The library's error is not kept as a cause: it must not be able to carry any of the content.
  const wrong = new NatsIdentityError(
    `The identity file ${seedFile} does not hold a user seed. Restore it from a backup, or delete it: the next start of nats makes a new one, after which the service of that name must be restarted.`,
  );
  if (!seed.startsWith("SU")) throw wrong;
  try {
    return nkeys.fromSeed(new TextEncoder().encode(seed)).getPublicKey();
  } catch {
    throw wrong;
  }
}

/** Written beside its place, then linked: the name appears with the whole content, and only if it is still free. */
async function createSeedFile(seedFile: string): Promise<void> {
  const temporary = `${seedFile}.${randomUUID()}`;
  const file = await open(temporary, "wx", 0o600);
  try {
    await file.writeFile(`${new TextDecoder().decode(nkeys.createUser().getSeed())}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(temporary, seedFile);
  } catch (error) {
    if (hasCode(error, "EEXIST")) return;
    // FAT and some network drives have no hard links.
    await rename(temporary, seedFile);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Windows has no such modes; there the folder's access list is set once (see the README). */
async function closeToOthers(seedFile: string): Promise<boolean> {
  if (process.platform === "win32") return false;
  const { mode } = await stat(seedFile);
  if ((mode & 0o077) === 0) return false;
  await chmod(seedFile, 0o600);
  return true;
}
