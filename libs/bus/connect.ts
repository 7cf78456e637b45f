import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection, nkeyAuthenticator } from "nats";
import { z } from "zod";
import { inboxPrefixOf } from "#libs/contracts/mod.ts";
import { monotonicNowMs, sleep } from "#libs/time/mod.ts";
import { Bus, type BusContext } from "./bus.ts";
import { BusError } from "./errors.ts";
import { LedgerSignatures } from "./signature.ts";

export interface ConnectOptions extends BusContext {
  /** Port of the NATS server on this machine. */
  readonly port: number;
  /** Folder with the nkey seeds and `public-keys.json`, made when the `nats` app starts. */
  readonly identitiesDir: string;
  /** How long to wait for the identity files: a first start makes them while the services already run. */
  readonly waitForIdentityMs?: number;
  /** How long to wait for the server at first; for ever when absent, as a service does. */
  readonly connectTimeoutMs?: number;
}

/**
 * Connects an identity to the bus and stays connected: it waits for the server if it is not there yet and reconnects
 * for ever. A half-open peer is noticed within 10 to 15 seconds.
 *
 * @throws BusError `IDENTITY_MISSING` when the identity's files cannot be read in time
 */
export async function connectBus(options: ConnectOptions): Promise<Bus> {
  const { seed, publicKeys } = await readIdentity(options);
  const connecting = connect({
    servers: `127.0.0.1:${options.port}`,
    name: options.identity,
    authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)),
    inboxPrefix: inboxPrefixOf(options.identity),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 100,
    waitOnFirstConnect: true,
    pingInterval: 5000,
    maxPingOut: 2,
    timeout: 5000,
    // An authentication error may be the moment in which the server's configuration is replaced: keep trying.
    ignoreAuthErrorAbort: true,
  });
  const connection = await within(connecting, options);
  const manager = await jetstreamManager(connection, { checkAPI: false, timeout: 2000 });
  const client = jetstream(connection, { timeout: 2000 });
  return new Bus(connection, client, manager, options, new LedgerSignatures(seed, publicKeys));
}

/** @throws BusError `SERVER_AWAY` when the server did not come in time */
async function within(connecting: Promise<NatsConnection>, options: ConnectOptions): Promise<NatsConnection> {
  if (options.connectTimeoutMs === undefined) return await connecting;
  const given = new AbortController();
  const gaveUp = sleep(options.connectTimeoutMs, given.signal).then(() => {
    // Should it connect after all, nobody waits for it any more.
    void connecting.then((late) => late.close());
    throw new BusError(
      "SERVER_AWAY",
      `No NATS server answers on 127.0.0.1:${options.port}. Is Crucible running? (npm start)`,
    );
  });
  try {
    return await Promise.race([connecting, gaveUp]);
  } finally {
    given.abort();
    gaveUp.catch(() => undefined);
  }
}

const publicKeysSchema = z.record(z.string(), z.string());
const IDENTITY_POLL_MS = 100;

async function readIdentity(options: ConnectOptions): Promise<{ seed: string; publicKeys: Record<string, string> }> {
  const deadlineMs = monotonicNowMs() + (options.waitForIdentityMs ?? 0);
  for (;;) {
    try {
      const [seed, publicKeys] = await Promise.all([
        readFile(join(options.identitiesDir, `${options.identity}.seed`), "utf8"),
        readFile(join(options.identitiesDir, "public-keys.json"), "utf8"),
      ]);
      return { seed: seed.trim(), publicKeys: publicKeysSchema.parse(JSON.parse(publicKeys)) };
    } catch (cause) {
      if (monotonicNowMs() < deadlineMs) {
        await sleep(IDENTITY_POLL_MS);
        continue;
      }
      throw new BusError(
        "IDENTITY_MISSING",
        `The identity files of ${options.identity} cannot be read. They are made when the nats app starts: start that first (npm start does).`,
        { cause },
      );
    }
  }
}
