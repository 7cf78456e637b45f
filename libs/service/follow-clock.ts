import type { Bus } from "#libs/bus/mod.ts";
import { clockMessage } from "#libs/contracts/mod.ts";
import type { MarketClock } from "#libs/time/mod.ts";

/** Keeps a service's market clock at what the bridge publishes; reads the newest on every return of the bus. */
export async function followClock(bus: Bus, clock: MarketClock): Promise<void> {
  let newestAtMs = Number.NEGATIVE_INFINITY;
  const take = (anchor: { marketTimeMs: number; atMonotonicMs: number; speed: number }) => {
    if (anchor.atMonotonicMs < newestAtMs) return;
    newestAtMs = anchor.atMonotonicMs;
    clock.set(anchor);
  };
  bus.subscribe(clockMessage, (envelope) => take(envelope.data));
  const readNewest = async () => {
    const newest = await bus.lastValue(clockMessage, []);
    if (newest) take(newest.data);
  };
  bus.onChange((up) => {
    if (!up) return;
    readNewest().catch((error: unknown) => {
      bus.context.logger.warn({ error: String(error) }, "the market clock could not be read; it follows with the next");
    });
  });
  await readNewest();
}
