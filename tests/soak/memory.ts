import { readFile } from "node:fs/promises";
import { SERVICES, type ServiceName } from "#libs/contracts/mod.ts";
import type { TestPlatform } from "../harness/platform.ts";
import { liveHeapBytes } from "./live-heap.ts";
import type { MemorySample } from "./slope.ts";

/** What runs for months: the services, the launcher of the bus, and the server that is its child. */
export const WATCHED = [...SERVICES, "nats", "nats-server"] as const satisfies readonly (
  | ServiceName
  | "nats"
  | "nats-server"
)[];
export type Watched = (typeof WATCHED)[number];

/** Follows the resident memory of the platform's processes, as the kernel tells it, and what of it lives. */
export class MemoryWatch {
  readonly samples = new Map<Watched, MemorySample[]>(WATCHED.map((name) => [name, []]));
  /** By name, the process id at the first look: another one later is a process that did not live through the run. */
  readonly #pids = new Map<Watched, number>();
  readonly #platform: TestPlatform;

  constructor(platform: TestPlatform) {
    this.#platform = platform;
  }

  /** @param minute since the run began */
  async look(minute: number): Promise<void> {
    for (const [name, pid] of await this.#processes()) {
      if (!this.#pids.has(name)) this.#pids.set(name, pid);
      this.samples.get(name)?.push({ minute, ...(await residentMemory(pid)) });
    }
  }

  /**
   * What each service's heap holds when all garbage has just been collected, bytes; null where it could not be asked.
   * At the end only: it changes what {@link look} would see, and a launcher of the bus died when it was asked.
   */
  async live(): Promise<Map<Watched, number | null>> {
    const found = new Map<Watched, number | null>();
    for (const [name, pid] of await this.#processes()) {
      if (name !== "nats" && name !== "nats-server") found.set(name, await liveHeapBytes(pid));
    }
    return found;
  }

  /** Those whose process is not the one of the first look. */
  async replaced(): Promise<Watched[]> {
    const now = await this.#processes();
    return WATCHED.filter((name) => now.get(name) !== this.#pids.get(name));
  }

  async #processes(): Promise<Map<Watched, number>> {
    const found = new Map<Watched, number>();
    for (const { name, pid } of await this.#platform.manager.list()) {
      const watched = WATCHED.find((one) => one === name);
      if (watched === undefined) continue;
      found.set(watched, pid);
      if (watched !== "nats") continue;
      const [server] = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).split(" ").filter(Boolean);
      if (server !== undefined) found.set("nats-server", Number(server));
    }
    return found;
  }
}

/** All of it, and without the pages of the program's own file, which are shared and can be dropped. */
async function residentMemory(pid: number): Promise<{ bytes: number; anonymousBytes: number }> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const bytesOf = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1] ?? 0) * 1024;
  return { bytes: bytesOf("VmRSS"), anonymousBytes: bytesOf("RssAnon") };
}
