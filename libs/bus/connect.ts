import { readFile } from "node:fs/promises";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, nkeyAuthenticator } from "nats";
import { inboxPrefixOf } from "#libs/contracts/mod.ts";
import { Bus, type BusContext } from "./bus.ts";
import { BusError } from "./errors.ts";

export interface ConnectOptions extends BusContext {
  /** Port of the NATS server on this machine. */
  readonly port: number;
  /** File with the identity's nkey seed, made by setup. */
  readonly seedPath: string;
}

/**
 * Connects an identity to the bus and stays connected: it waits for the server if it is not there yet and reconnects
 * for ever. A half-open peer is noticed within 10 to 15 seconds.
 *
 * @throws BusError `IDENTITY_MISSING` when the seed file cannot be read
 */
export async function connectBus(options: ConnectOptions): Promise<Bus> {
  const connection = await connect({
    servers: `127.0.0.1:${options.port}`,
    name: options.identity,
    authenticator: nkeyAuthenticator(await readSeed(options)),
    inboxPrefix: inboxPrefixOf(options.identity),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 100,
    waitOnFirstConnect: true,
    pingInterval: 5000,
    maxPingOut: 2,
    timeout: 5000,
    // A refused publish is told to the caller of `record`; the default would also end the connection's subscriptions.
    ignoreAuthErrorAbort: true,
  });
  const manager = await jetstreamManager(connection, { checkAPI: false, timeout: 2000 });
  return new Bus(connection, jetstream(connection, { timeout: 2000 }), manager, options);
}

async function readSeed(options: ConnectOptions): Promise<Uint8Array> {
  try {
    return new TextEncoder().encode((await readFile(options.seedPath, "utf8")).trim());
  } catch (cause) {
    throw new BusError(
      "IDENTITY_MISSING",
      `The identity file of ${options.identity} cannot be read. It is made when the nats app starts: start that first (npm start does).`,
      { cause },
    );
  }
}
