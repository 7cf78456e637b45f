import type { Alert } from "#libs/contracts/mod.ts";
import type { IbcAnswer } from "./command-client.ts";

/** The alerts about automatic restarts; their codes are listed in the README of this service. */

const LOOK = "Look at the gateway's window; `npx crucible gateway restart` asks IBC once more.";

export const restarted = (times: number, answer: IbcAnswer, used: number, perDayMax: number): Alert => ({
  severity: "warning",
  code: "IBC_RESTARTED_GATEWAY",
  title: "IB Gateway did not answer and is restarted by IBC",
  text: `It took ${times} connections in a row and answered nothing. ${answer.detail}. The session is kept, so no login is needed; it is back in two to three minutes, and you are told when it is.`,
  fields: [{ name: "automatic restarts today", value: `${used} of ${perDayMax}` }],
});

export const limitReached = (times: number, perDayMax: number): Alert => ({
  severity: "critical",
  code: "IBC_RESTART_LIMIT",
  title: "IB Gateway does not answer, and has been restarted as often as allowed today",
  text: `It took ${times} connections in a row and answered nothing, and the ${perDayMax} automatic restarts of this New York day (IBC_RESTARTS_PER_DAY_MAX) are used. No orders until it answers. ${LOOK}`,
  fields: [],
});

/** An automatic restart of which IBC did not say OK. */
export function restartFailed({ outcome, detail }: IbcAnswer): Alert {
  switch (outcome) {
    case "done":
    case "refused":
      return failure("IBC_RESTART_REFUSED", "IB Gateway does not answer, and IBC refused to restart it", detail);
    case "unreachable":
      return failure("IBC_UNREACHABLE", "IB Gateway does not answer, and IBC cannot be reached to restart it", detail);
    case "unanswered":
      return failure(
        "IBC_RESTART_UNANSWERED",
        "IB Gateway does not answer, and whether IBC restarts it is not known",
        detail,
      );
  }
}

const failure = (code: string, title: string, detail: string): Alert => ({
  severity: "critical",
  code,
  title,
  text: `${detail} The restart counts for today all the same; the next is tried in ten minutes at the earliest. ${LOOK}`,
  fields: [],
});
