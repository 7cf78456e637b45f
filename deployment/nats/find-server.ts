import { delimiter } from "node:path";
import { fileURLToPath } from "node:url";
import { type Attempt, describe, NatsFetchError, NatsServerNotFoundError, NatsSetupError } from "./errors.ts";
import type { FoundServer, Search, Source } from "./source.ts";
import { debianArchive } from "./sources/debian-archive.ts";
import { explicitPath } from "./sources/explicit-path.ts";
import { packageManagerHint } from "./sources/package-manager-hint.ts";
import { projectCopy } from "./sources/project-copy.ts";
import { releaseArchive } from "./sources/release-archive.ts";
import { searchPath } from "./sources/search-path.ts";

/** The order of architecture section 11. */
export const SOURCES: readonly Source[] = [
  explicitPath,
  projectCopy,
  searchPath,
  releaseArchive(),
  debianArchive(),
  packageManagerHint,
];

/** `data/nats` of this project, whatever DATA_DIR says: fetched once, used by every start and every test. */
export const DEFAULT_BINARIES_DIR = fileURLToPath(new URL("../../data/nats", import.meta.url));

/**
 * Finds a nats-server 2.12.0 or later, fetching it when this machine has none. Its version is asked on every call.
 *
 * @throws NatsServerNotFoundError with every attempt and what to do about it
 * @throws NatsServerTooOldError, NatsServerUnusableError when NATS_SERVER_PATH names a bad one
 */
export async function findServer(
  search: Partial<Search> = {},
  sources: readonly Source[] = SOURCES,
): Promise<FoundServer & { attempts: readonly Attempt[] }> {
  const complete = { ...thisMachine(), ...search };
  const attempts: Attempt[] = [];
  for (const source of sources) {
    try {
      const outcome = await source.find(complete);
      if (outcome.kind === "found") return { ...outcome.server, attempts };
      attempts.push(...outcome.attempts);
    } catch (error) {
      if (source === explicitPath || !(error instanceof NatsSetupError)) throw error;
      const remedy =
        error instanceof NatsFetchError ? error.remedy : "Fetch a nats-server by hand and set NATS_SERVER_PATH.";
      attempts.push({ source: source.name, code: error.code, problem: describe(error), remedy });
    }
  }
  throw new NatsServerNotFoundError(attempts);
}

function thisMachine(): Search {
  return {
    serverPath: undefined,
    binariesDir: DEFAULT_BINARIES_DIR,
    platform: process.platform,
    arch: process.arch,
    searchPath: (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== ""),
    onProgress: () => undefined,
  };
}
