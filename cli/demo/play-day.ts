import { request } from "undici";
import { type Bus, readBatch } from "#libs/bus/mod.ts";
import {
  clockMessage,
  type Health,
  healthMessage,
  messageOf,
  type StreamName,
  strategyStateSchema,
} from "#libs/contracts/mod.ts";
import { epochMsOf, formatNewYorkTime, MarketClock, monotonicNowMs, sleep } from "#libs/time/mod.ts";
import { appsFor } from "../../deployment/pm2/apps.ts";
import { watchHealth } from "../platform/health-watch.ts";
import { type ManagedApp, openProcessManager } from "../platform/process-manager.ts";
import { startPlatform } from "../platform/start.ts";
import { stopPlatform } from "../platform/stop.ts";
import { countReceivedFrames } from "./frames.ts";
import type { DemoOptions } from "./options.ts";
import type { Screen } from "./screen.ts";
import type { Stage } from "./stage.ts";
import { type DaySummary, type StoredFact, summarize } from "./summary.ts";
import { type TimelineEntry, timelineEntry } from "./timeline.ts";

const DAY_ENDS = "16:35";
const CONNECT_TIMEOUT_MS = 10_000;
/** Beyond the time the day takes at its speed: a machine that is this late will not get there. */
const LATE_MAX_MS = 120_000;
const TICK_MS = 200;

/** The day as it was played. */
export interface PlayedDay extends DaySummary {
  /** What reached the gateway's socket, by message name. */
  readonly framesAtGateway: Readonly<Record<string, number>>;
  /** For each app, whether its process lived through the whole day. */
  readonly sameProcessAllDay: Readonly<Record<string, boolean>>;
}

/** Starts everything, plays the day, reads the summary back, and stops everything it started, whatever happens. */
export async function playDay(
  options: DemoOptions,
  stage: Stage,
  screen: Screen,
  signal: AbortSignal,
): Promise<PlayedDay> {
  const manager = await openProcessManager();
  try {
    if ((await manager.list()).length > 0) {
      throw new Error(
        "Crucible already runs under this PM2 (on Windows there is one per machine). Stop it first: npm stop",
      );
    }
    screen.line("Starting NATS, the simulated gateway and the four services under PM2 ...");
    const begunMs = monotonicNowMs();
    const report = await startPlatform(manager, appsFor(stage.settings), stage.settings, () => undefined);
    if (report.problems.length > 0) throw new Error(`not healthy:\n  ${report.problems.join("\n  ")}`);
    screen.line(`All healthy after ${((monotonicNowMs() - begunMs) / 1000).toFixed(1)} s. The market clock starts.\n`);

    const before = await manager.list();
    const watch = await watchHealth(stage.settings, CONNECT_TIMEOUT_MS);
    const facts = await playThrough(watch.bus, options, stage, screen, signal).finally(() => screen.endProgress());
    const after = await manager.list();
    await watch.close();
    const removed = await stopPlatform(manager);
    if (removed.length !== before.length) throw new Error("an app vanished during the day");
    return {
      ...facts,
      framesAtGateway: await countReceivedFrames(stage.frameLog),
      sameProcessAllDay: sameProcess(before, after),
    };
  } finally {
    try {
      await stopPlatform(manager);
    } finally {
      await manager.killDaemon();
    }
  }
}

async function playThrough(
  bus: Bus,
  options: DemoOptions,
  stage: Stage,
  screen: Screen,
  signal: AbortSignal,
): Promise<DaySummary> {
  const clock = new MarketClock();
  bus.subscribe(clockMessage, ({ data }) => clock.set(data));
  const health = new Map<string, Health>();
  bus.subscribe(healthMessage, ({ data }) => health.set(data.service, data));
  const follow = [new Follower(bus, "LEDGER", screen), new Follower(bus, "ALERTS", screen)];

  const { statusCode } = await request(`http://127.0.0.1:${stage.controlPort}/clock/start`, { method: "POST" });
  if (statusCode >= 300) throw new Error(`the simulated gateway refused to start its clock (HTTP ${statusCode})`);
  const endsAt = epochMsOf(options.date, DAY_ENDS);
  const deadlineMs = monotonicNowMs() + (8 * 3600 * 1000) / options.speed + LATE_MAX_MS;
  for (;;) {
    if (signal.aborted) throw new Error("interrupted");
    if (monotonicNowMs() > deadlineMs) throw new Error("the day did not come to its end in time");
    for (const follower of follow) await follower.read();
    const now = clock.nowMs();
    screen.progress(progressText(now, health));
    if (now !== undefined && now >= endsAt) break;
    await sleep(TICK_MS);
  }
  // The last facts of the day and their alerts are still under way.
  await settle(follow);
  return summarize(follow[0]?.facts ?? [], follow[1]?.facts ?? [], await strategyStates(bus));
}

/** Reads a stream as it grows and shows what is worth a line. */
class Follower {
  readonly facts: StoredFact[] = [];
  readonly #bus: Bus;
  readonly #stream: StreamName;
  readonly #screen: Screen;
  #next = 1;
  #lastSession = "";

  constructor(bus: Bus, stream: StreamName, screen: Screen) {
    this.#bus = bus;
    this.#stream = stream;
    this.#screen = screen;
  }

  /** @returns how many messages were new */
  async read(): Promise<number> {
    const stored = await readBatch(this.#bus, this.#stream, this.#next);
    for (const item of stored) {
      this.#next = item.seq + 1;
      const message = messageOf(item.subject);
      if (message === undefined)
        throw new Error(`${this.#stream} holds a message on ${item.subject}, which nobody defined`);
      const envelope = message.envelope.parse(JSON.parse(item.string()));
      this.facts.push({ message, envelope });
      const entry = timelineEntry(message, envelope);
      if (entry !== null && this.#isNew(entry)) this.#screen.entry(entry);
    }
    return stored.length;
  }

  /** The session is recorded at each attempt to connect; the line is shown when it says something new. */
  #isNew(entry: TimelineEntry): boolean {
    if (entry.kind !== "session") return true;
    const isNew = entry.text !== this.#lastSession;
    this.#lastSession = entry.text;
    return isNew;
  }
}

/** Until nothing new came for two seconds, but at most ten. */
async function settle(followers: readonly Follower[]): Promise<void> {
  const endMs = monotonicNowMs() + 10_000;
  let quietSinceMs = monotonicNowMs();
  while (monotonicNowMs() < endMs && monotonicNowMs() - quietSinceMs < 2000) {
    for (const follower of followers) if ((await follower.read()) > 0) quietSinceMs = monotonicNowMs();
    await sleep(TICK_MS);
  }
}

async function strategyStates(bus: Bus) {
  const stored = await readBatch(bus, "STATE", 1);
  return stored.flatMap((item) => {
    if (!item.subject.startsWith("strategy.state.")) return [];
    const { data } = JSON.parse(item.string()) as { data: unknown };
    return [strategyStateSchema.parse(data)];
  });
}

function progressText(marketNowMs: number | undefined, health: ReadonlyMap<string, Health>): string {
  const figures = ["gateway-bridge", "risk", "notifier"].flatMap((service) =>
    Object.entries(health.get(service)?.figures ?? {}).map(([name, value]) => `${name} ${value}`),
  );
  return ` ${marketNowMs === undefined ? "--:--:--" : formatNewYorkTime(marketNowMs)} │ ${figures.join(" · ")} `;
}

function sameProcess(before: readonly ManagedApp[], after: readonly ManagedApp[]): Record<string, boolean> {
  return Object.fromEntries(
    before.map((app) => [app.name, after.some((other) => other.name === app.name && other.pid === app.pid)]),
  );
}
