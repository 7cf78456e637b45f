import { expect, it } from "vitest";
import { emptinessOf, type Happened } from "./substance.ts";

const full: Happened = {
  durationMs: 60_000,
  approved: 300,
  placed: 280,
  executions: 200,
  sessions: 8,
  kills: { "gateway-bridge": 2, nats: 1, risk: 1 },
  outcomes: { filled: 180 },
};

it("finds nothing missing in a run in which orders flowed and everybody died", () => {
  expect(emptinessOf(full)).toEqual([]);
});

it.each<[string, Partial<Happened>, RegExp]>([
  ["approved hardly anything", { approved: 179 }, /only 179 orders were approved/],
  ["sent hardly anything", { placed: 149 }, /only 149 of 300/],
  ["executed nothing", { executions: 0 }, /nothing was executed/],
  ["filled nothing", { outcomes: { canceled: 300 } }, /no order was filled/],
  ["lost no session", { sessions: 1 }, /no session ever ended/],
  ["killed not everybody", { kills: { nats: 0 } }, /nats was never killed/],
])("does not let a run pass that %s", (_, change, line) => {
  expect(emptinessOf({ ...full, ...change }).join("\n")).toMatch(line);
});
