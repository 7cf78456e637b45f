import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { haveCleanedUp } from "../../cli/platform/custodian.ts";

/** Variable that names the folder of the run; absent outside of one. */
export const TEST_FOLDER = "CRUCIBLE_TEST_FOLDER";

/**
 * One temporary folder for a whole run of the tests, with every other one in it; at the end it goes, and with it
 * whatever still runs from it, also when the run is interrupted or killed.
 */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  // Each project of the run calls this; the first makes the folder.
  if (process.env[TEST_FOLDER]) return undefined;
  const folder = await mkdtemp(join(tmpdir(), "crucible-"));
  process.env[TEST_FOLDER] = folder;
  for (const name of ["TMPDIR", "TEMP", "TMP"]) process.env[name] = folder;
  const custody = haveCleanedUp(folder);
  return async () => {
    // A run that is broken off, or a test that fails in the middle, may not have come to its own cleaning up.
    const ended = await custody.cleanUp();
    if (ended.length > 0) {
      console.error(["Processes of the tests were still running, and were ended:", ...ended].join("\n  "));
    }
  };
}
