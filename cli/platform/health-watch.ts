import type { Bus } from "#libs/bus/mod.ts";
import type { Settings } from "#libs/config/mod.ts";
import { type Health, healthMessage, type ServiceName } from "#libs/contracts/mod.ts";
import { monotonicNowMs } from "#libs/time/mod.ts";
import { connectOperator } from "../operator/connect.ts";

/** The heartbeat is once a second; older than this, a service is not there. */
const HEARTBEAT_AGE_MAX_MS = 3500;

/** The services' newest heartbeats, as the operator hears them on the bus. */
export interface HealthWatch {
  readonly bus: Bus;
  /** The newest heartbeat of a service; undefined when there was none lately. */
  of(service: ServiceName): Health | undefined;
  close(): Promise<void>;
}

/** Connects as the operator, and listens. */
export async function watchHealth(settings: Settings, timeoutMs: number): Promise<HealthWatch> {
  const bus = await connectOperator(settings, timeoutMs);
  const heard = new Map<ServiceName, { health: Health; atMs: number }>();
  bus.subscribe(healthMessage, ({ data }) => heard.set(data.service, { health: data, atMs: monotonicNowMs() }));
  return {
    bus,
    of: (service) => {
      const newest = heard.get(service);
      return newest && monotonicNowMs() - newest.atMs <= HEARTBEAT_AGE_MAX_MS ? newest.health : undefined;
    },
    close: () => bus.close(),
  };
}
