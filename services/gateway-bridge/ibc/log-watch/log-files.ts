import { createHash } from "node:crypto";
import { open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** `IBC-3.24.1_GATEWAY-1045_TUESDAY.txt`; on Linux in small letters. */
const LOG_NAME = /^ibc-.*\.txt$/i;
const GATEWAY_LOG_NAME = /_GATEWAY-/i;
/** IBC writes the date and time of its start into the first lines: they tell two files of the same name apart. */
const HEAD_BYTES = 1024;

export interface LogFile {
  readonly name: string;
  readonly folder: string;
  readonly size: number;
  readonly modifiedMs: number;
}

/** Tells a file from a later one of the same name. */
export interface Head {
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * The log files at a path, the one that was written to last at the end: the file itself, or those of a folder. A
 * folder that TWS logs to as well: those of the gateway.
 *
 * @throws what the file system says when the path cannot be read
 */
export async function logFilesAt(path: string): Promise<LogFile[]> {
  const found = await stat(path);
  if (!found.isDirectory()) {
    return [{ name: basename(path), folder: dirname(path), size: found.size, modifiedMs: found.mtimeMs }];
  }
  const names = (await readdir(path)).filter((name) => LOG_NAME.test(name));
  const ofGateway = names.filter((name) => GATEWAY_LOG_NAME.test(name));
  const files = await Promise.all((ofGateway.length > 0 ? ofGateway : names).map((name) => fileIn(path, name)));
  return files
    .filter((file) => file !== null)
    .sort((a, b) => a.modifiedMs - b.modifiedMs || (a.name < b.name ? -1 : 1));
}

/** Null for one that went between the listing and the look: IBC's script deletes last week's. */
async function fileIn(folder: string, name: string): Promise<LogFile | null> {
  try {
    const { size, mtimeMs } = await stat(join(folder, name));
    return { name, folder, size, modifiedMs: mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** The file that is read after `current` is read to its end; undefined when that is the newest. */
export const fileAfter = (files: readonly LogFile[], current: LogFile): LogFile | undefined =>
  files.slice(files.findIndex(({ name }) => name === current.name) + 1).at(0);

/** Bytes of a file from an offset; fewer at its end. */
export async function readBytes({ folder, name }: LogFile, offset: number, length: number): Promise<Buffer> {
  const file = await open(join(folder, name), "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The head of what was read of a file so far. */
export const headOf = async (file: LogFile, offset: number): Promise<Head> =>
  hash(await readBytes(file, 0, Math.min(HEAD_BYTES, offset)));

/** Whether a file still begins as it did, and still holds what was read of it. */
export const isSameFile = async (file: LogFile, head: Head, offset: number): Promise<boolean> =>
  file.size >= offset && hash(await readBytes(file, 0, head.bytes)).sha256 === head.sha256;

const hash = (bytes: Buffer): Head => ({
  bytes: bytes.length,
  sha256: createHash("sha256").update(bytes).digest("hex"),
});
