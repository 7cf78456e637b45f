import { createHash, randomUUID } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { connect, type NatsConnection, nkeyAuthenticator } from "nats";
import { claimStore } from "./claim.ts";
import { describe, NatsServerStartError } from "./errors.ts";
import { DEFAULT_BINARIES_DIR, findServer } from "./find-server.ts";
import { ensureIdentities, type Identity } from "./identities.ts";
import { requireKeysOfStores, requireSameKeys } from "./same-keys.ts";
import {
  AUTHENTICATION_TIMEOUT_S,
  DEFAULT_LIMITS,
  type Permissions,
  type ServerLimits,
  serverConfig,
} from "./server-config.ts";
import type { LogLine } from "./server-log.ts";
import { type ServerExit, type ServerProcess, startServerProcess, waitUntilListening } from "./server-process.ts";
import { ensureWritable } from "./writable.ts";

export type LaunchOptions = {
  /** Holds `identities/` and, for each mode, the store, the config and the claim. */
  dataDir: string;
  /** `dry-run`, `paper` or `live`: each has its own store, so a simulated fill cannot reach a live account. */
  mode: string;
  /** 1 to 65535. */
  port: number;
  /** NATS_SERVER_PATH. */
  serverPath?: string;
  /** Where fetched binaries are kept; `data/nats` of this project when left out. */
  binariesDir?: string;
  identities: readonly { name: string; permissions: Permissions }[];
  /** Creates streams and consumers, connected as `setup`; must be safe to repeat, it runs at every start. */
  provision?: (connection: NatsConnection) => Promise<void>;
  limits?: Partial<ServerLimits>;
  /** A big store takes seconds to recover, milliseconds. */
  startTimeoutMs?: number;
  log?: (line: LogLine) => void;
};

export type RunningServer = {
  port: number;
  pid: number;
  url: string;
  version: string;
  storeDir: string;
  identities: readonly Identity[];
  /** Stops it gracefully and gives the store back. */
  stop: () => Promise<ServerExit>;
  /** Ends it as a crash would (tests). The store is given back, what was acknowledged is in it. */
  kill: () => Promise<ServerExit>;
  exited: Promise<ServerExit>;
};

const SETUP = "setup";
const START_TIMEOUT_MS = 60_000;
/** As long as the server gives it. */
const CONNECT_TIMEOUT_MS = AUTHENTICATION_TIMEOUT_S * 1000;

/**
 * Finds the binary, makes the identities, claims the store, starts nats-server and provisions it. When it resolves, the
 * bus can be used.
 *
 * @throws ConfigurationError when a restart would not help, NatsServerStartError when it may
 */
export async function launch(options: LaunchOptions): Promise<RunningServer> {
  const log = options.log ?? (() => undefined);
  const modeDir = resolve(options.dataDir, options.mode);
  const storeDir = join(modeDir, "jetstream");
  const configFile = join(modeDir, "nats.conf");
  const pidFile = join(modeDir, "nats-server.pid");
  const serverName = serverNameOf(options.mode, storeDir);
  await ensureWritable(modeDir);
  const { port } = options;

  const binary = await findServer({
    serverPath: options.serverPath,
    binariesDir: options.binariesDir ?? DEFAULT_BINARIES_DIR,
    onProgress: (message) => log({ level: "info", message }),
  });
  for (const { source, code, problem } of binary.attempts) {
    log({ level: "warn", message: `nats-server was not taken from ${source}: ${problem} [${code}]` });
  }
  log({ level: "info", message: `nats-server ${binary.version} from ${binary.source}: ${binary.path}` });

  const names = options.identities.map(({ name }) => name);
  const published = await requireKeysOfStores(resolve(options.dataDir), names);
  const identities = await ensureIdentities(resolve(options.dataDir, "identities"), names);
  requireSameKeys(published, identities);
  for (const { seedFile, wasOpenToOthers } of identities) {
    if (wasOpenToOthers) log({ level: "warn", message: `${seedFile} could be read by other users; now it cannot` });
  }

  // Readers of the ledger check who wrote a fact (libs/bus/signature.ts); only public keys are in this file.
  await replaceFile(
    resolve(options.dataDir, "identities", "public-keys.json"),
    JSON.stringify(
      { ...published, ...Object.fromEntries(identities.map(({ name, publicKey }) => [name, publicKey])) },
      null,
      2,
    ),
  );

  const onNotice = (message: string) => log({ level: "warn", message });
  const claim = await claimStore({ storeDir, pidFile, configFile, port, serverName, onNotice });
  let server: ServerProcess | undefined;
  try {
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const users = withPublicKeys(options.identities, identities);
    await replaceFile(
      configFile,
      serverConfig({ serverName, port, storeParent: modeDir, pidFile, identities: users, limits }),
    );
    server = await startServerProcess(binary.path, configFile, log);
    await claim.recordServer(server.pid);
    await waitUntilListening(server, port, serverName, options.startTimeoutMs ?? START_TIMEOUT_MS);
    if (options.provision !== undefined) await provisionAs(identities, port, options.provision);
  } catch (error) {
    await server?.kill();
    await claim.release();
    throw error;
  }
  const running = server;
  const exited = running.exited.then(async (exit) => {
    await claim.release();
    return exit;
  });
  return {
    port,
    pid: running.pid,
    url: `nats://127.0.0.1:${port}`,
    version: binary.version,
    storeDir,
    identities,
    async stop() {
      await running.stop();
      return await exited;
    },
    async kill() {
      await running.kill();
      return await exited;
    },
    exited,
  };
}

/** Says which store a server serves, so that whoever knocks at its port knows whether it is this one. */
export function serverNameOf(mode: string, storeDir: string): string {
  return `crucible-${mode}-${createHash("sha256").update(storeDir).digest("hex").slice(0, 8)}`;
}

function withPublicKeys(wanted: LaunchOptions["identities"], made: readonly Identity[]) {
  const permissions = new Map(wanted.map((identity) => [identity.name, identity.permissions]));
  return made.flatMap(({ name, publicKey }) => {
    const allowed = permissions.get(name);
    return allowed === undefined ? [] : [{ name, publicKey, permissions: allowed }];
  });
}

async function provisionAs(
  identities: readonly Identity[],
  port: number,
  provision: (connection: NatsConnection) => Promise<void>,
): Promise<void> {
  const setup = identities.find(({ name }) => name === SETUP);
  if (setup === undefined) throw new RangeError(`provision needs the identity "${SETUP}"`);
  const seed = new TextEncoder().encode((await readFile(setup.seedFile, "utf8")).trim());
  const connection = await connect({
    servers: `127.0.0.1:${port}`,
    name: SETUP,
    inboxPrefix: `_INBOX_${SETUP}`,
    authenticator: nkeyAuthenticator(seed),
    timeout: CONNECT_TIMEOUT_MS,
    reconnect: false,
  });
  try {
    await provision(connection);
  } catch (error) {
    throw new NatsServerStartError(`Streams and consumers could not be created: ${describe(error)}`, { cause: error });
  } finally {
    await connection.close();
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}`;
  await writeFile(temporary, text, { mode: 0o600 });
  await rename(temporary, path);
}
