import type { IbcCommand, IbcFact } from "#libs/contracts/mod.ts";
import { tradingDayOf } from "#libs/time/mod.ts";
import type { IbcAnswer } from "./command-client.ts";
import { restartsOn } from "./restart-policy.ts";

const DETAIL_MAX = 1000;

/** A command that is about to be sent. */
export interface IbcRequest {
  readonly command: IbcCommand;
  readonly requestedBy: IbcFact["requestedBy"];
  readonly why: string;
  /** Market clock, epoch milliseconds; the machine's where no market clock is known. */
  readonly marketMs: number;
  readonly wallMs: number;
}

/** The record of a command before it is sent: from here on it counts, whatever becomes of the bridge. */
export function askedFact(
  { command, requestedBy, why, marketMs, wallMs }: IbcRequest,
  newest: IbcFact | null,
): IbcFact {
  const day = tradingDayOf(marketMs);
  const isRestart = command === "RESTART";
  return {
    command,
    requestedBy,
    outcome: "asked",
    detail: why.slice(0, DETAIL_MAX),
    day,
    restartsByBridge: restartsOn(day, newest) + (isRestart && requestedBy === "bridge" ? 1 : 0),
    lastRestartAt: isRestart ? Math.round(wallMs) : (newest?.lastRestartAt ?? null),
  };
}

/** The record of what came of a command. */
export const answeredFact = (asked: IbcFact, { outcome, detail }: IbcAnswer): IbcFact => ({
  ...asked,
  outcome,
  detail: detail.slice(0, DETAIL_MAX),
});

/** What is said of a command whose bridge ended before its answer was known. */
export const ABANDONED: IbcAnswer = {
  outcome: "unanswered",
  detail: "The bridge ended before IBC's answer was known; whether IBC acted on it is not known either.",
};
