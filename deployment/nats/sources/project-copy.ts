import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { askVersion } from "../ask-version.ts";
import { type Attempt, describe, hasCode, NatsServerUnusableError, NatsSetupError } from "../errors.ts";
import { verifyUnchanged } from "../install.ts";
import { binaryName, type Source } from "../source.ts";
import { compareVersions, parseVersion, type Version } from "../version.ts";

const NAME = "copy under the project";

/** `<binariesDir>/<version>/nats-server`, the newest first. What was fetched must still be what was fetched. */
export const projectCopy: Source = {
  name: NAME,
  async find({ binariesDir, platform }) {
    const versions = await installedVersions(binariesDir);
    const attempts: Attempt[] = [];
    for (const folder of versions) {
      const directory = join(binariesDir, folder);
      const path = join(directory, binaryName(platform));
      try {
        await verifyUnchanged(directory, path);
        const version = await askVersion(path);
        if (version !== folder) {
          throw new NatsServerUnusableError(`${path} says it is ${version}, but its folder says ${folder}.`);
        }
        return { kind: "found", server: { path, version, source: NAME } };
      } catch (error) {
        if (!(error instanceof NatsSetupError)) throw error;
        attempts.push({
          source: NAME,
          code: error.code,
          problem: describe(error),
          remedy: `Delete the folder ${directory}; the next start fetches a fresh copy.`,
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
          problem: `there is none in ${binariesDir}`,
          remedy: `Without internet, copy a nats-server into ${join(binariesDir, "<its version>", binaryName(platform))} by hand.`,
        },
      ],
    };
  },
};

async function installedVersions(binariesDir: string): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(binariesDir);
  } catch (error) {
    if (hasCode(error, "ENOENT") || hasCode(error, "ENOTDIR")) return [];
    throw error;
  }
  return names
    .flatMap((name): [string, Version][] => {
      const version = /^\d+\.\d+\.\d+$/.test(name) ? parseVersion(name) : undefined;
      return version === undefined ? [] : [[name, version]];
    })
    .sort(([, left], [, right]) => compareVersions(right, left))
    .map(([name]) => name);
}
