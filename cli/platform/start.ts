import { BusError } from "#libs/bus/mod.ts";
import type { Settings } from "#libs/config/mod.ts";
import { SERVICES, type ServiceName } from "#libs/contracts/mod.ts";
import { monotonicNowMs, sleep } from "#libs/time/mod.ts";
import { type AppDefinition, settingsOf } from "../../deployment/pm2/apps.ts";
import { type HealthWatch, watchHealth } from "./health-watch.ts";
import { lastWords } from "./last-words.ts";
import type { ManagedApp, ProcessManager } from "./process-manager.ts";
import { resumeHaltedSession } from "./resume.ts";
import { type AppStatus, verdictOf } from "./status-table.ts";

/** A first start fetches the NATS server; after that all are healthy within seconds. */
const NATS_TIMEOUT_MS = 120_000;
const HEALTHY_TIMEOUT_MS = 30_000;
/** Once everything runs and one says what it lacks (a closed gateway port, a bad gameplan), waiting longer rarely helps. */
const COMPLAINT_TIMEOUT_MS = 10_000;
const POLL_MS = 200;

export interface StartReport {
  readonly started: readonly string[];
  readonly alreadyRunning: readonly string[];
  readonly statuses: readonly AppStatus[];
  /** One line for each app that did not get healthy. Empty when all is well. */
  readonly problems: readonly string[];
}

/**
 * Starts what is not already running, and nothing else: what runs keeps its process. Resolves when every service
 * reports healthy, or with the reasons when one does not.
 */
export async function startPlatform(
  manager: ProcessManager,
  apps: readonly AppDefinition[],
  settings: Settings,
  onProgress: (line: string) => void,
): Promise<StartReport> {
  const before = await manager.list();
  const running = new Set(before.filter(isAlive).map((app) => app.name));
  const missing = apps.filter((app) => !running.has(app.name));
  for (const dead of before.filter((app) => !isAlive(app))) await manager.remove(dead.name);
  if (missing.length > 0) onProgress(`starting ${missing.map((app) => app.name).join(", ")}`);
  // PM2 answers when an app is ready or late; whether all is well is asked of the apps themselves meanwhile.
  const starting = Promise.all(missing.map((app) => manager.start(app)));
  const { statuses, problems } = await Promise.race([
    waitUntilHealthy(manager, apps, settings, async ({ bus }) => {
      if (!running.has("gateway-bridge")) return;
      const outcome = await resumeHaltedSession(bus);
      if (outcome !== undefined) onProgress(outcome);
    }),
    starting.then(() => new Promise<never>(() => undefined)),
  ]);
  return {
    started: missing.map((app) => app.name),
    alreadyRunning: [...running],
    statuses,
    problems: [...outdatedSettings(apps, before), ...problems],
  };
}

/** What already runs keeps the settings it was started with: a tighter limit or another mode would go unnoticed. */
function outdatedSettings(apps: readonly AppDefinition[], before: readonly ManagedApp[]): string[] {
  return apps.flatMap((app) => {
    const running = before.find((candidate) => candidate.name === app.name && isAlive(candidate));
    if (running === undefined) return [];
    const changed = settingsOf(app).filter(([name, value]) => running.environment[name] !== value);
    if (changed.length === 0) return [];
    const names = changed.map(([name]) => name).join(", ");
    return [`${app.name}: runs with other settings than .env now holds (${names}). \`npm stop\`, then \`npm start\`.`];
  });
}

async function waitUntilHealthy(
  manager: ProcessManager,
  apps: readonly AppDefinition[],
  settings: Settings,
  onConnected: (watch: HealthWatch) => Promise<void>,
): Promise<{ statuses: AppStatus[]; problems: string[] }> {
  const watch = await watchUnlessGivenUp(manager, settings);
  try {
    if (watch) await onConnected(watch);
    const deadlineMs = monotonicNowMs() + HEALTHY_TIMEOUT_MS;
    let allHeardAtMs: number | undefined;
    for (;;) {
      const statuses = statusesOf(apps, await manager.list(), watch);
      const unwell = statuses.filter((status) => !verdictOf(status).ok);
      const hopeless = unwell.some((status) => status.app !== undefined && !isAlive(status.app));
      const now = monotonicNowMs();
      if (statuses.every(({ isService, health }) => !isService || health)) allHeardAtMs ??= now;
      const complains = allHeardAtMs !== undefined && now >= allHeardAtMs + COMPLAINT_TIMEOUT_MS;
      if (unwell.length === 0 || hopeless || complains || now >= deadlineMs) {
        return { statuses, problems: await Promise.all(unwell.map(problemOf)) };
      }
      await sleep(POLL_MS);
    }
  } finally {
    await watch?.close();
  }
}

/** Undefined when the bus did not come up; the statuses then tell why. */
async function watchUnlessGivenUp(manager: ProcessManager, settings: Settings): Promise<HealthWatch | undefined> {
  const given = new AbortController();
  const died = (async () => {
    while (!given.signal.aborted) {
      const nats = (await manager.list()).find((app) => app.name === "nats");
      if (nats !== undefined && !isAlive(nats)) return undefined;
      await sleep(POLL_MS);
    }
    return undefined;
  })();
  const connected = watchHealth(settings, NATS_TIMEOUT_MS).catch((error: unknown) => {
    if (error instanceof BusError) return undefined;
    throw error;
  });
  try {
    return await Promise.race([connected, died]);
  } finally {
    given.abort();
    await died;
  }
}

/** What is known of each app. */
export function statusesOf(
  apps: readonly Pick<AppDefinition, "name">[],
  managed: readonly ManagedApp[],
  watch: HealthWatch | undefined,
): AppStatus[] {
  return apps.map(({ name }) => ({
    name,
    app: managed.find((app) => app.name === name),
    health: isServiceName(name) ? watch?.of(name) : undefined,
    isService: isServiceName(name),
  }));
}

async function problemOf(status: AppStatus): Promise<string> {
  const words = status.app ? await lastWords(status.app) : "";
  return `${status.name}: ${verdictOf(status).text}${words ? `\n    ${words}` : ""}`;
}

const isServiceName = (name: string): name is ServiceName => (SERVICES as readonly string[]).includes(name);

const isAlive = (app: ManagedApp): boolean => app.status === "online" || app.status === "launching";
