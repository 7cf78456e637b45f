import { access, chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Attempt, describe, NatsFetchError, NatsSetupError } from "../errors.ts";
import { installBinary } from "../install.ts";
import { type CommandResult, lastLines, runCommand } from "../run-command.ts";
import { missed, type Outcome, type Search, type Source } from "../source.ts";
import { parseVersion, reasonTooOld } from "../version.ts";
import {
  aptConfiguration,
  type Distribution,
  distributionOf,
  isUnreachable,
  mirrorsOf,
  sourcesList,
  suitesOf,
} from "./apt-settings.ts";

const NAME = "Debian or Ubuntu package";
const PACKAGE = "nats-server";

/** The settings give each connection 5 s; these guard against an apt that hangs for another reason. */
const UPDATE_TIMEOUT_MS = 120_000;
const QUERY_TIMEOUT_MS = 30_000;

const BY_HAND =
  "Check that apt-get update works on this machine, or fetch a nats-server elsewhere and set NATS_SERVER_PATH.";

/**
 * The newest packaged nats-server that is new enough, unpacked under the project. The system is not touched: apt works
 * with its own source list, lists, cache and package status in a temporary folder, so no root is needed and nothing is
 * installed. The mirror is the one this machine is set to, and signatures are checked with this machine's keyring.
 *
 * @param ownMirrors instead of the mirrors this machine is set to
 */
export function debianArchive(ownMirrors?: readonly string[]): Source {
  return {
    name: NAME,
    async find(search) {
      const distribution = await thisDistribution(search.platform);
      if (distribution === undefined) return { kind: "missed", attempts: [] };
      const mirrors = ownMirrors ?? mirrorsOf(await configuredTargets(), distribution);
      if (mirrors.length === 0) {
        return missed({
          source: NAME,
          code: "NATS_FETCH_FAILED",
          problem: "apt-get indextargets names no mirror of this distribution",
          remedy: BY_HAND,
        });
      }
      return await fetchFromAny(search, distribution, mirrors);
    },
  };
}

async function fetchFromAny(search: Search, distribution: Distribution, mirrors: readonly string[]): Promise<Outcome> {
  const attempts: Attempt[] = [];
  const work = await mkdtemp(join(tmpdir(), "crucible-apt-"));
  try {
    // apt reads and checks as the unprivileged user _apt when it is started by root.
    await chmod(work, 0o755);
    for (const mirror of mirrors) {
      for (const suite of suitesOf(distribution)) {
        try {
          return { kind: "found", server: await fetchFrom(search, work, distribution, mirror, suite) };
        } catch (error) {
          if (!(error instanceof NatsSetupError)) throw error;
          const remedy = error instanceof NatsFetchError ? error.remedy : BY_HAND;
          attempts.push({ source: `${NAME}, ${suite}`, code: error.code, problem: describe(error), remedy });
          if (isUnreachable(error.message)) break;
        }
      }
    }
    return { kind: "missed", attempts };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function fetchFrom(search: Search, work: string, distribution: Distribution, mirror: string, suite: string) {
  const root = await mkdtemp(join(work, "suite-"));
  await chmod(root, 0o755);
  const settings = join(root, "apt.conf");
  await mkdir(join(root, "lists", "partial"), { recursive: true });
  await mkdir(join(root, "cache", "archives", "partial"), { recursive: true });
  await mkdir(join(root, "empty"));
  await writeFile(join(root, "status"), "");
  await writeFile(
    join(root, "crucible.sources"),
    sourcesList(distribution, mirror, suite, await keyring(distribution)),
  );
  await writeFile(settings, aptConfiguration(root));

  search.onProgress(`asking the ${distribution.id} ${suite} suite for ${PACKAGE}`);
  const update = await apt("apt-get", ["-c", settings, "-q", "update"], UPDATE_TIMEOUT_MS, root);
  if (update.exitCode !== 0) throw failed(`apt-get update for ${suite}`, update);

  const show = await apt("apt-cache", ["-c", settings, "show", PACKAGE], QUERY_TIMEOUT_MS, root);
  const offered = /^Version: (\S+)$/m.exec(show.stdout)?.[1];
  const version = offered === undefined ? undefined : parseVersion(offered);
  if (version === undefined) throw new NatsFetchError(`${suite} has no package ${PACKAGE}`, BY_HAND);
  const tooOld = reasonTooOld(version);
  if (tooOld !== undefined) throw new NatsFetchError(`${suite} has ${offered}: ${tooOld}`, BY_HAND);

  search.onProgress(`fetching ${PACKAGE} ${offered} from the ${distribution.id} ${suite} suite`);
  const download = await apt("apt-get", ["-c", settings, "-q", "download", PACKAGE], UPDATE_TIMEOUT_MS, root);
  if (download.exitCode !== 0) throw failed(`apt-get download ${PACKAGE} from ${suite}`, download);
  const archive = (await readdir(root)).find((name) => name.startsWith(`${PACKAGE}_`) && name.endsWith(".deb"));
  if (archive === undefined) throw new NatsFetchError(`apt-get download left no ${PACKAGE} package behind`, BY_HAND);

  const unpacked = join(root, "unpacked");
  const unpack = await apt("dpkg-deb", ["-x", join(root, archive), unpacked], QUERY_TIMEOUT_MS, root);
  if (unpack.exitCode !== 0) throw failed(`dpkg-deb -x ${archive}`, unpack);
  const binary = join(root, PACKAGE);
  await copyFile(join(unpacked, "usr", "sbin", PACKAGE), binary);
  const installed = await installBinary(binary, search.binariesDir, `${distribution.id} ${suite} ${archive}`);
  return { ...installed, source: `${NAME}, ${suite}` };
}

async function thisDistribution(platform: NodeJS.Platform): Promise<Distribution | undefined> {
  if (platform !== "linux") return undefined;
  try {
    return distributionOf(await readFile("/etc/os-release", "utf8"));
  } catch {
    // No such file: not a distribution this source knows.
    return undefined;
  }
}

/** `--no-release-info` names the targets also on a machine whose lists were never fetched. */
async function configuredTargets(): Promise<string> {
  const format = "$(REPO_URI)\t$(RELEASE)\t$(COMPONENT)";
  const args = ["indextargets", "--no-release-info", "--format", format, "Created-By: Packages"];
  const result = await apt("apt-get", args, QUERY_TIMEOUT_MS, tmpdir());
  if (result.exitCode !== 0) throw failed("apt-get indextargets", result);
  return result.stdout;
}

/** The distribution's own keyring; without the file, apt takes the keys this machine trusts. */
async function keyring(distribution: Distribution): Promise<string | undefined> {
  for (const name of [`${distribution.id}-archive-keyring.gpg`, `${distribution.id}-archive-keyring.pgp`]) {
    const path = join("/usr/share/keyrings", name);
    try {
      await access(path);
      return path;
    } catch {
      // Try the next name.
    }
  }
  return undefined;
}

async function apt(program: string, args: readonly string[], timeoutMs: number, cwd: string): Promise<CommandResult> {
  try {
    // C: what is parsed must not be translated.
    return await runCommand(program, args, { timeoutMs, cwd, env: { ...process.env, LC_ALL: "C" } });
  } catch (error) {
    throw new NatsFetchError(`${program} did not run: ${describe(error)}`, BY_HAND, { cause: error });
  }
}

function failed(what: string, { exitCode, stdout, stderr }: CommandResult): NatsFetchError {
  return new NatsFetchError(`${what} ended with code ${exitCode}: ${lastLines(stderr || stdout, 3)}`, BY_HAND);
}
