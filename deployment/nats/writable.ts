import { randomUUID } from "node:crypto";
import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { NatsStoreNotWritableError } from "./errors.ts";

/**
 * Makes a folder if it is missing and proves that files can be written in it: permission bits say little on Windows and
 * nothing to root, and a full disk shows in no bit.
 *
 * @throws NatsStoreNotWritableError
 */
export async function ensureWritable(directory: string): Promise<void> {
  const probe = join(directory, `.write-probe-${randomUUID()}`);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const file = await open(probe, "wx", 0o600);
    try {
      await file.writeFile("probe");
      await file.sync();
    } finally {
      await file.close();
      await rm(probe, { force: true });
    }
  } catch (error) {
    throw new NatsStoreNotWritableError(directory, error);
  }
}
