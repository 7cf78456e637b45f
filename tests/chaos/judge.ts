import {
  accountSummaryMessage,
  alertMessage,
  type Execution,
  fillMessage,
  modeOf,
  type OrderEvent,
  orderEventMessage,
} from "#libs/contracts/mod.ts";
import type { TestPlatform } from "../harness/platform.ts";
import { dryRunViolationsOf } from "./dry-run-verdict.ts";
import { approvedOf, byHand, evidenceOf, positionsOf } from "./evidence.ts";
import { violationsOf } from "./verdict.ts";

/** How things stand, in the terms that both modes have. */
export interface Judgement {
  readonly violations: readonly string[];
  /** The newest event of each order on the ledger. */
  readonly events: ReadonlyMap<string, OrderEvent>;
  readonly executions: readonly Execution[];
  /** Orders that reached the gateway's socket; in dry-run, those that the bridge took. */
  readonly placed: number;
  /** Orders that still may trade, those of other clients included. */
  readonly working: number;
}

/** Compares the ledger with the broker, or in dry-run with itself. */
export const judge = (platform: TestPlatform): Promise<Judgement> =>
  modeOf(platform.settings) === "dry-run" ? judgeDryRun(platform) : judgeBoth(platform);

async function judgeBoth(platform: TestPlatform): Promise<Judgement> {
  const evidence = await evidenceOf(platform);
  const { events, executions, placed, atBroker } = evidence;
  const ours = atBroker.filter(({ state }) => state === "working").length;
  const working = ours + byHand(platform).working.length;
  return { violations: violationsOf(evidence), events, executions, placed: placed.length, working };
}

const MAY_TRADE: readonly OrderEvent["status"][] = ["submitted", "accepted", "partially-filled", "unknown"];
const NOT_TAKEN: readonly OrderEvent["status"][] = ["expired", "not-sent"];

async function judgeDryRun(platform: TestPlatform): Promise<Judgement> {
  const told = await platform.stored(orderEventMessage);
  const fills = (await platform.stored(fillMessage)).map(({ data }) => data);
  const violations = dryRunViolationsOf({
    approved: await approvedOf(platform),
    events: told.map(({ data, publishedAt }) => ({ event: data, atMs: publishedAt })),
    fills,
    positions: await positionsOf(platform),
    account: (await platform.operator.lastValue(accountSummaryMessage, []))?.data ?? null,
    startEquityUsd: platform.settings.dryRunEquityUsd,
    // Questions about an order count as well: in dry-run none is asked of the broker.
    placed: platform.gateway.frames
      .received("PLACE_ORDER")
      .filter(({ clientId }) => clientId === platform.settings.ibkrClientId).length,
    alerts: (await platform.stored(alertMessage, "ALERTS")).map(({ data }) => data.code),
  });
  const events = new Map(told.map(({ data }) => [String(data.clientOrderId), data]));
  const statuses = [...events.values()].map(({ status }) => status);
  return {
    violations,
    events,
    executions: fills.flatMap((fill) => (fill.kind === "execution" ? [fill] : [])),
    placed: statuses.filter((status) => !NOT_TAKEN.includes(status)).length,
    working: statuses.filter((status) => MAY_TRADE.includes(status)).length,
  };
}
