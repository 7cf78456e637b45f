import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Bus, type BusLogger, connectBus, provision } from "#libs/bus/mod.ts";
import { IDENTITIES, type Identity, type Mode, permissionsOf } from "#libs/contracts/mod.ts";
import { launch, type RunningServer } from "../../deployment/nats/mod.ts";
import { claimPort } from "./port.ts";

/** A logger that keeps what it was told, for assertions. */
export class MemoryLogger implements BusLogger {
  readonly lines: { readonly level: string; readonly message: string; readonly fields: object }[] = [];
  debug = (fields: object, message: string) => void this.lines.push({ level: "debug", message, fields });
  info = (fields: object, message: string) => void this.lines.push({ level: "info", message, fields });
  warn = (fields: object, message: string) => void this.lines.push({ level: "warn", message, fields });
  error = (fields: object, message: string) => void this.lines.push({ level: "error", message, fields });
}

export interface TestBus {
  readonly port: number;
  readonly dataDir: string;
  readonly mode: Mode;
  readonly server: () => RunningServer;
  /** A connection of an identity, with its real permissions; closed by `stop`. */
  connect(identity: Identity, options?: { logger?: BusLogger; marketNowMs?: () => number | null }): Promise<Bus>;
  /** Ends the server as a crash would and starts it again on the same store. */
  crash(options?: { readonly downMs?: number }): Promise<void>;
  stop(): Promise<void>;
}

/** A real nats-server with the real configuration, identities, permissions and streams, in a folder of its own. */
export async function startBus(mode: Mode = "dry-run"): Promise<TestBus> {
  const dataDir = await mkdtemp(join(tmpdir(), "crucible-bus-"));
  const port = await claimPort();
  const start = () =>
    launch({
      dataDir,
      mode,
      port,
      identities: IDENTITIES.map((name) => ({ name, permissions: permissionsOf(name) })),
      provision,
    });
  let server = await start();
  const connections: Bus[] = [];
  return {
    port,
    dataDir,
    mode,
    server: () => server,
    async connect(identity, options = {}) {
      const bus = await connectBus({
        identity,
        mode,
        logger: options.logger ?? new MemoryLogger(),
        marketNowMs: options.marketNowMs ?? (() => null),
        port,
        identitiesDir: join(dataDir, "identities"),
      });
      connections.push(bus);
      return bus;
    },
    async crash({ downMs = 0 } = {}) {
      await server.kill();
      await new Promise((resolve) => setTimeout(resolve, downMs));
      server = await start();
    },
    async stop() {
      await Promise.all(connections.map((bus) => bus.close()));
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Waits until a condition holds; fails with what it waited for. Polls, since the condition may be anything. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 15_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
