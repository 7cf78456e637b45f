import { writeFile } from "node:fs/promises";
import { Command, InvalidArgumentError } from "commander";
import { type Alert, alertMessage } from "#libs/contracts/mod.ts";
import { sleep } from "#libs/time/mod.ts";
import { TestPlatform } from "../harness/platform.ts";
import { WIDE_LIMITS } from "../harness/wide-limits.ts";
import { MemoryWatch, WATCHED } from "./memory.ts";
import { SOAK_SYMBOLS, SoakTraffic } from "./traffic.ts";
import { type Growth, growthOf, RULE, shown } from "./verdict.ts";

const LOOK_EVERY_MS = 5000;
const GATEWAY_DOWN_MS = 2000;

/** Exit codes: 0 flat and whole, 1 not. Linux only: the memory of the processes is read from /proc. */
const { minutes, seed, restartEvery, json } = new Command("npm run soak --")
  .description(
    "Runs the whole platform in paper mode against the simulated gateway with 30 symbols at realistic rates,\n" +
      "with a restart of the gateway now and then, and tells how the memory of each process grows.",
  )
  .option("--minutes <m>", "how long, 6 or more", atLeastSix, 60)
  .option("--seed <n>", "seed of prices and orders", positive, 1)
  .option("--restart-every <m>", "minutes between two restarts of the gateway", positive, 10)
  .option("--json <file>", "write the figures and every sample as JSON, too")
  .parse()
  .opts<{ minutes: number; seed: number; restartEvery: number; json?: string }>();

const platform = await TestPlatform.start({
  mode: "paper",
  env: WIDE_LIMITS,
  gateway: {
    equityUsd: 1_000_000,
    symbols: SOAK_SYMBOLS.map((symbol, at) => ({ symbol, startPrice: 50 + 10 * at })),
    framesKept: 1000,
  },
  gameplan: {
    tradingDay: "any",
    strategies: [
      {
        strategy: "opening-range-breakout",
        symbols: [...SOAK_SYMBOLS],
        capitalUsd: 1000,
        from: "15:58",
        until: "15:59",
      },
    ],
  },
});
const problems: string[] = [];
try {
  const alerts = new Map<string, number>();
  platform.operator.subscribe(alertMessage, ({ data }) => count(alerts, data));
  const traffic = new SoakTraffic(platform, seed);
  const memory = new MemoryWatch(platform);
  traffic.start();
  const begunMs = performance.now();
  const minuteNow = () => (performance.now() - begunMs) / 60_000;
  let restarts = 0;
  while (minuteNow() < minutes) {
    await memory.look(minuteNow());
    if (minuteNow() >= (restarts + 1) * restartEvery) {
      restarts += 1;
      await platform.gateway.restart({ downtimeMs: GATEWAY_DOWN_MS });
    }
    await sleep(LOOK_EVERY_MS);
  }
  traffic.stop();
  for (const name of await memory.replaced()) problems.push(`${name} did not live through the run`);
  const live = await memory.live();

  const placed = platform.placedOrderRefs();
  console.log(
    `${minutes} minutes, seed ${seed}: ${traffic.quotes} quotes (${Math.round(traffic.quotes / minutes / 60)}/s), ` +
      `${traffic.asked} orders asked, ${traffic.approved} approved, ${restarts} restarts of the gateway`,
  );
  console.log(`  not approved: ${JSON.stringify(Object.fromEntries(traffic.refused))}`);
  console.log(`  alerts: ${JSON.stringify(Object.fromEntries(alerts))}`);
  console.log(`  ${RULE}`);
  const growths: Record<string, Growth> = {};
  for (const name of WATCHED) {
    const growth = growthOf(memory.samples.get(name) ?? [], minutes, live.get(name) ?? null);
    console.log(`  ${name.padEnd(15)} ${shown(growth)}`);
    if (growth.grows) problems.push(`${name} grows`);
    growths[name] = growth;
  }
  if (new Set(placed).size !== placed.length) problems.push("an order reached the gateway twice");
  if (traffic.approved === 0) problems.push("no order was approved: nothing was soaked");
  if (json) {
    const { quotes, asked, approved } = traffic;
    const refused = Object.fromEntries(traffic.refused);
    const told = { minutes, seed, restarts, quotes, asked, approved, refused, alerts: Object.fromEntries(alerts) };
    const all = { ...told, rule: RULE, growths, problems, samples: Object.fromEntries(memory.samples) };
    await writeFile(json, `${JSON.stringify(all, null, 2)}\n`);
  }
} finally {
  await platform.stop();
}
for (const problem of problems) console.error(`PROBLEM  ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);

function count(alerts: Map<string, number>, { severity, code }: Alert): void {
  const key = `${severity} ${code}`;
  alerts.set(key, (alerts.get(key) ?? 0) + 1);
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("give a number above zero");
  return value;
}

/** A slope of the last half needs three minutes. */
function atLeastSix(text: string): number {
  if (positive(text) < 6) throw new InvalidArgumentError("a slope needs six minutes or more");
  return positive(text);
}
