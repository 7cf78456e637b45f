import { access, constants } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { askVersion } from "../ask-version.ts";
import { type Attempt, describe, NatsSetupError } from "../errors.ts";
import { binaryName, type Source } from "../source.ts";
import { MINIMUM_VERSION } from "../version.ts";

const NAME = "PATH";

/**
 * Every nats-server on the PATH, in order, and where package managers put it although a service's PATH may lack it:
 * Debian's sbin, Homebrew's bin.
 */
export const searchPath: Source = {
  name: NAME,
  async find(search) {
    const attempts: Attempt[] = [];
    const folders = [...search.searchPath, ...packageManagerFolders(search.platform)].filter(isAbsolute);
    for (const folder of new Set(folders)) {
      const path = join(folder, binaryName(search.platform));
      if (!(await isExecutable(path))) continue;
      try {
        return { kind: "found", server: { path, version: await askVersion(path), source: NAME } };
      } catch (error) {
        if (!(error instanceof NatsSetupError)) throw error;
        attempts.push({
          source: NAME,
          code: error.code,
          problem: describe(error),
          remedy: `Update it to ${MINIMUM_VERSION} or later, or remove it.`,
        });
      }
    }
    if (attempts.length > 0) return { kind: "missed", attempts };
    return {
      kind: "missed",
      attempts: [
        {
          source: NAME,
          code: "NATS_SERVER_NOT_FOUND",
          problem: `no folder of the PATH holds ${binaryName(search.platform)}`,
          remedy: `Install nats-server ${MINIMUM_VERSION} or later and make sure its folder is on the PATH.`,
        },
      ],
    };
  },
};

function packageManagerFolders(platform: NodeJS.Platform): string[] {
  switch (platform) {
    case "linux":
      return ["/usr/local/sbin", "/usr/sbin"];
    case "darwin":
      return ["/opt/homebrew/bin", "/usr/local/bin"];
    default:
      return [];
  }
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    // Not there, or not ours to run: either way not a candidate.
    return false;
  }
}
