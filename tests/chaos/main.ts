import { Command, InvalidArgumentError, Option } from "commander";
import { playChaos } from "./run.ts";

/** Exit codes: 0 every promise held, 1 one was broken. */
const { seed, minutes, rate, troubleEvery, mode } = new Command("npm run chaos --")
  .description(
    "Plays a seeded script of orders and troubles against the whole platform and compares both sides at the end.\n" +
      "The script is the same for a seed; how real processes interleave with it is the machine's.",
  )
  .option("--seed <n>", "seed of the script", positive, Math.floor(Math.random() * 1_000_000))
  .option("--minutes <m>", "how long troubles last", positive, 3)
  .option("--rate <n>", "orders a second", positive, 12)
  .option("--trouble-every <s>", "seconds between troubles, on average", positive, 2)
  .addOption(new Option("--mode <mode>", "who fills the orders").choices(["paper", "dry-run"]).default("paper"))
  .parse()
  .opts<{ seed: number; minutes: number; rate: number; troubleEvery: number; mode: "paper" | "dry-run" }>();

console.log(`chaos with seed ${seed}: npm run chaos -- --seed ${seed} --minutes ${minutes} --mode ${mode}`);
const report = await playChaos(
  { mode, seed, durationMs: minutes * 60_000, ordersPerSecond: rate, troubleEveryS: troubleEvery },
  (line) => console.log(line),
);
const { violations, stories, ...figures } = report;
console.log(JSON.stringify(figures, null, 2));
for (const line of violations) console.error(`BROKEN  ${line}`);
for (const line of stories) console.error(line);
console.log(violations.length === 0 ? "every promise held" : `${violations.length} broken (seed ${seed})`);
process.exit(violations.length === 0 ? 0 : 1);

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("give a number above zero");
  return value;
}
