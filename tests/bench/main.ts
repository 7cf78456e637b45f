import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { type Health, healthMessage } from "#libs/contracts/mod.ts";
import { sleep } from "#libs/time/mod.ts";
import { startPlatform } from "../../cli/platform/start.ts";
import { stopPlatform } from "../../cli/platform/stop.ts";
import { appsFor } from "../../deployment/pm2/apps.ts";
import { TestPlatform } from "../harness/platform.ts";
import type { Distribution } from "./figures.ts";
import { measureTickThroughput } from "./tick-throughput.ts";
import { measureTickToOrder } from "./tick-to-order.ts";

/** Prints the platform's figures on this machine, all processes running; compare ratios in one run. */
const { json, orders, rate, seconds } = new Command("npm run bench --")
  .option("--json <file>", "write the figures as JSON, too")
  .option("--orders <n>", "orders to measure from tick to order", Number, 5000)
  .option("--rate <n>", "orders a second; the bridge paces itself at 45 messages a second", Number, 30)
  .option("--seconds <n>", "seconds for each rate of ticks", Number, 5)
  .parse()
  .opts<{ json?: string; orders: number; rate: number; seconds: number }>();

const TICK_RATES = [10_000, 25_000, 50_000, 75_000];

const platform = await TestPlatform.start({
  mode: "paper",
  env: {
    STRATEGY_LIBRARY_PATH: fileURLToPath(new URL("./strategies", import.meta.url)),
    MAX_POSITION_PCT: "1.0",
    MAX_DAILY_LOSS_PCT: "0.5",
  },
  gateway: { equityUsd: 10_000_000 },
  gameplan: {
    tradingDay: "any",
    strategies: [{ strategy: "tick-echo", symbols: ["SPY"], capitalUsd: 1_000_000, from: "09:31", until: "15:59" }],
  },
});
try {
  const health = new Map<string, Health>();
  platform.operator.subscribe(healthMessage, ({ data }) => health.set(data.service, data));

  const latency = await measureTickToOrder(platform, orders, rate);
  const text = ({ p50, p99, max, count }: Distribution) =>
    `p50 ${p50.toFixed(2)}  p99 ${p99.toFixed(2)}  max ${max.toFixed(2)}  (${count} orders)`;
  row(`tick to order, ms`, `${text(latency.latencyMs)} at ${rate} ticks/s, ${latency.ticks} ticks`);
  row("  until risk decided", text(latency.untilDecisionMs));
  row("  after that", text(latency.afterDecisionMs));
  row("  denied", JSON.stringify(latency.denials));

  const bridgeMemory = async () => {
    await sleep(1500);
    return health.get("gateway-bridge")?.memoryBytes ?? 0;
  };
  const throughput = [];
  for (const ticksPerSecond of TICK_RATES) {
    const figures = await measureTickThroughput(platform, ticksPerSecond, seconds, bridgeMemory);
    throughput.push(figures);
    row(
      `ticks at ${ticksPerSecond}/s`,
      `sent ${figures.ticksSent} at ${Math.round(figures.ticksPerSecond)}/s, counted ${figures.ticksCounted}, in ${figures.quotesPublished} quotes; last one after ${figures.lastQuoteAfterMs.toFixed(1)} ms; bridge ${mib(figures.memoryGrowthBytes)} more`,
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
  const report = await startPlatform(platform.manager, appsFor(platform.settings), platform.settings, () => undefined);
  const startSeconds = (performance.now() - begunMs) / 1000;
  row(
    "start to all healthy",
    `${startSeconds.toFixed(2)} s${report.problems.length ? ` NOT HEALTHY: ${report.problems.join("; ")}` : ""}`,
  );

  if (json) await writeFile(json, `${JSON.stringify({ latency, throughput, memory, startSeconds }, null, 2)}\n`);
} finally {
  await platform.stop();
}

function row(name: string, text: string): void {
  console.log(`${name.padEnd(22)} ${text}`);
}

function mib(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
