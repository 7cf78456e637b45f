import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Command, Option } from "commander";
import { gatewayStatusMessage, type Health, healthMessage } from "#libs/contracts/mod.ts";
import { sleep } from "#libs/time/mod.ts";
import { startPlatform } from "../../cli/platform/start.ts";
import { stopPlatform } from "../../cli/platform/stop.ts";
import { appsFor } from "../../deployment/pm2/apps.ts";
import { STEADY_MS } from "../../services/gateway-bridge/session/steadiness.ts";
import { TestPlatform } from "../harness/platform.ts";
import { WIDE_LIMITS } from "../harness/wide-limits.ts";
import { type DeniedOrder, deniedOrders, keepDenials } from "./denials.ts";
import type { Distribution } from "./figures.ts";
import {
  keepQuoting,
  measureReturnToReady,
  RETURN_SYMBOLS,
  type ReturnToReady,
  restOrders,
} from "./return-to-ready.ts";
import { BUDGET_US, measureRiskEvaluation } from "./risk-evaluation.ts";
import { measureTickThroughput } from "./tick-throughput.ts";
import { measureTickToOrder } from "./tick-to-order.ts";

/** Prints the platform's figures on this machine, all processes running; compare ratios in one run. */
const { json, orders, rate, positionDelay, seconds, returns, evaluations, only } = new Command("npm run bench --")
  .option("--json <file>", "write the figures as JSON, too")
  .option("--orders <n>", "orders to measure from tick to order", Number, 5000)
  .option("--rate <n>", "orders a second; the bridge paces itself at 45 messages a second", Number, 30)
  .option("--position-delay <ms>", "how late the broker tells a position, beside the orders", Number, 0)
  .option("--seconds <n>", "seconds for each rate of ticks", Number, 5)
  .option("--evaluations <n>", "batches of 50 evaluations by risk, one for each symbol", Number, 400)
  .addOption(
    new Option("--only <part>", "measure one part alone: risk, which needs no server, or the way of an order").choices([
      "risk",
      "orders",
    ]),
  )
  .option("--returns <n>", "restarts of the gateway to measure the return from, a minute each", Number, 5)
  .parse()
  .opts<{
    json?: string;
    orders: number;
    rate: number;
    positionDelay: number;
    seconds: number;
    returns: number;
    evaluations: number;
    only?: "risk" | "orders";
  }>();

const TICK_RATES = [10_000, 25_000, 50_000, 75_000];

const riskEvaluation = only === "orders" ? {} : measureRiskEvaluation(evaluations);
for (const [name, { byClock, byCpu, withinBudget }] of Object.entries(riskEvaluation)) {
  const within = `${(withinBudget * 100).toFixed(1)} % within ${BUDGET_US}`;
  row(
    "risk, one order, us",
    `p50 ${byClock.p50.toFixed(2)}  p99 ${byClock.p99.toFixed(2)}, CPU ${byCpu.toFixed(2)}, ${within}: ${name} (50 positions, 200 open orders, 200 executions)`,
  );
}
const others = {
  ...(only === "risk" ? {} : await measurePlatform()),
  ...(only === undefined ? { returned: await measureReturns() } : {}),
};
if (json) await writeFile(json, `${JSON.stringify({ riskEvaluation, ...others }, null, 2)}\n`);

/** Ticks, orders, memory and the start, with all processes running. */
async function measurePlatform(): Promise<object> {
  const platform = await TestPlatform.start({
    mode: "paper",
    env: {
      STRATEGY_LIBRARY_PATH: fileURLToPath(new URL("./strategies", import.meta.url)),
      ...WIDE_LIMITS,
      MAX_DAILY_LOSS_PCT: "0.5",
    },
    gateway: { equityUsd: 10_000_000, scenario: { faults: { positionDelayMs: positionDelay } } },
    gameplan: {
      tradingDay: "any",
      strategies: [{ strategy: "tick-echo", symbols: ["SPY"], capitalUsd: 1_000_000, from: "09:31", until: "15:59" }],
    },
  });
  try {
    const health = new Map<string, Health>();
    platform.operator.subscribe(healthMessage, ({ data }) => health.set(data.service, data));

    let denials: readonly DeniedOrder[] = [];
    // Also of a measurement that failed: what was denied may be why.
    const latency = await measureTickToOrder(platform, orders, rate).finally(async () => {
      denials = await deniedOrders(platform);
      await tellDenials(denials);
    });
    const text = ({ p50, p99, max, count }: Distribution) =>
      `p50 ${p50.toFixed(2)}  p99 ${p99.toFixed(2)}  max ${max.toFixed(2)}  (${count} orders)`;
    row(`tick to order, ms`, `${text(latency.latencyMs)} at ${rate} ticks/s, ${latency.ticks} ticks`);
    row("  until risk decided", text(latency.untilDecisionMs));
    row("  after that", text(latency.afterDecisionMs));
    if (only === "orders") return { latency, denials: denials.length };

    const bridgeMemory = async () => {
      await sleep(1500);
      return health.get("gateway-bridge")?.memoryBytes ?? 0;
    };
    const throughput = [];
    for (const ticksPerSecond of TICK_RATES) {
      const measured = await measureTickThroughput(platform, ticksPerSecond, seconds, bridgeMemory);
      throughput.push(measured);
      row(
        `ticks at ${ticksPerSecond}/s`,
        `sent ${measured.ticksSent} at ${Math.round(measured.ticksPerSecond)}/s, counted ${measured.ticksCounted}, in ${measured.quotesPublished} quotes; last one after ${measured.lastQuoteAfterMs.toFixed(1)} ms; bridge ${mib(measured.memoryGrowthBytes)} more, ${measured.bridgeCpuMsPerThousand?.toFixed(2) ?? "?"} ms of CPU for 1,000 ticks`,
      );
    }

    await sleep(1500);
    const memory = Object.fromEntries([...health].map(([name, { memoryBytes }]) => [name, memoryBytes]));
    row(
      "memory",
      Object.entries(memory)
        .map(([name, bytes]) => `${name} ${mib(bytes)}`)
        .join(", "),
    );

    await stopPlatform(platform.manager);
    const begunMs = performance.now();
    const report = await startPlatform(
      platform.manager,
      appsFor(platform.settings),
      platform.settings,
      () => undefined,
    );
    const startSeconds = (performance.now() - begunMs) / 1000;
    row(
      "start to all healthy",
      `${startSeconds.toFixed(2)} s${report.problems.length ? ` NOT HEALTHY: ${report.problems.join("; ")}` : ""}`,
    );

    return { latency, denials: denials.length, throughput, memory, startSeconds };
  } finally {
    await platform.stop();
  }
}

/** Nothing is to be denied here: of what is, everything is kept, and an exit among it fails the run (law 7). */
async function tellDenials(denials: readonly DeniedOrder[]): Promise<void> {
  const codes = denials.map(({ reasons }) => reasons.map(({ code }) => code).join("+"));
  const counts = Object.fromEntries(
    [...new Set(codes)].map((one) => [one, codes.filter((code) => code === one).length]),
  );
  row("denied", JSON.stringify(counts));
  if (denials.length === 0) return;
  row("  kept in", await keepDenials(denials));
  const exits = denials.filter(({ isExit }) => isExit);
  if (exits.length === 0) return;
  const { intent, reasons } = exits[0] as DeniedOrder;
  const first = `${intent.side} ${intent.quantity} ${intent.symbol}: ${reasons.map(({ code, detail }) => `${code} ${detail}`).join("; ")}`;
  row("  EXITS DENIED", `${exits.length}, the first: ${first}`);
  process.exitCode = 1;
}

/** The daily restart, and a short outage at any other time, with a portfolio of symbols and of resting orders. */
async function measureReturns(): Promise<Record<string, ReturnToReady>> {
  const quiet = await TestPlatform.start({
    mode: "paper",
    env: WIDE_LIMITS,
    gateway: { symbols: RETURN_SYMBOLS.map((symbol) => ({ symbol, startPrice: 100 })) },
    gameplan: {
      tradingDay: "any",
      strategies: [
        {
          strategy: "opening-range-breakout",
          symbols: [...RETURN_SYMBOLS],
          capitalUsd: 1000,
          from: "15:00",
          until: "15:01",
        },
      ],
    },
  });
  const stopQuoting = keepQuoting(quiet);
  try {
    await quiet.quote(100);
    await restOrders(quiet);
    // One outage is measured and not an unstable gateway, which the bridge tries ever more slowly.
    const unplanned = await measureReturnToReady(quiet, returns, 500, () => sleep(STEADY_MS + 2000));
    returnRow("after a short outage", unplanned);

    // The market's hour lies in the restart window and before the restart's time: whoever comes back has it still to come.
    await stopPlatform(quiet.manager);
    const inWindow = { ...quiet.settings, gatewayRestartAt: "12:00", gatewayRestartWindowMinutes: 120 };
    const { problems } = await startPlatform(quiet.manager, appsFor(inWindow), inWindow, () => undefined);
    if (problems.length > 0) throw new Error(problems.join("; "));
    let plannedRestarts = 0;
    const watch = quiet.operator.subscribe(gatewayStatusMessage, ({ data }) => {
      if (data.state === "planned-restart") plannedRestarts += 1;
    });
    const planned = await measureReturnToReady(quiet, returns, 3000, () => sleep(2000));
    watch.stop();
    if (plannedRestarts < returns) throw new Error("the bridge did not take the restarts for planned ones");
    returnRow("after the daily restart", planned);
    return { unplanned, planned };
  } finally {
    stopQuoting();
    await quiet.stop();
  }
}

function returnRow(name: string, { totalMs, untilConnectedMs, symbols, openOrders }: ReturnToReady): void {
  const text = ({ p50, p99 }: Distribution) => `p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`;
  row(
    name,
    `port open to quotes of ${symbols} symbols and orders accepted (${openOrders} open): ${text(totalMs)} (${totalMs.count} restarts); until the bridge's attempt: ${text(untilConnectedMs)}`,
  );
}

function row(name: string, text: string): void {
  console.log(`${name.padEnd(22)} ${text}`);
}

function mib(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
