import { mkdir, open } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { TEST_FOLDER } from "./whole-run.ts";

/**
 * Below every port that a system hands out by itself (Linux from 32768, macOS and Windows from 49152): none of these
 * goes to a socket by chance while the test's server has not begun yet, or is down.
 */
const FIRST = 20_000;
const LAST = 32_767;

/** A port on 127.0.0.1 that is the caller's until the end of the run, also while nobody listens there. */
export async function claimPort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
    if ((await isOurs(port)) && (await isFree(port))) return port;
  }
}

/** Files of one run are played at the same time, by processes of their own: what they share is its folder. */
async function isOurs(port: number): Promise<boolean> {
  const run = process.env[TEST_FOLDER];
  // The bench and the soak play alone.
  if (!run) return true;
  const claims = join(run, "ports");
  await mkdir(claims, { recursive: true });
  try {
    await (await open(join(claims, String(port)), "wx")).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Whether no program outside of the run listens there, and the system lets this one do so. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
