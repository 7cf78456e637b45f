import { invalidRequest, type Refusal } from "../broker/refusal.ts";
import type { Instrument } from "../market/instrument.ts";
import { tickGeneric, tickSize } from "../protocol/responses.ts";
import type { Session } from "./session.ts";

/** Generic ticks a client may ask for (IBKR's table of generic tick types). Most bring nothing in the simulation. */
const genericTicks = new Set([
  100, 101, 104, 105, 106, 162, 165, 220, 221, 225, 232, 233, 236, 256, 258, 291, 292, 293, 294, 295, 318, 370, 375,
  377, 381, 384, 387, 388, 391, 407, 411, 428, 439, 456, 459, 460, 499, 506, 511, 512, 513, 514, 515, 516, 517, 521,
  545, 576, 577, 578, 586, 587, 588, 595, 614, 619, 623,
]);

const shortable = 236;
const fundamentals = 258;

/** Tick 46 above 2.5: at least a thousand shares are there to borrow; tick 89 says how many. */
const easyToBorrow = 3;
const sharesToBorrow = 5_000_000;
const shortableTypes = { ease: 46, shares: 89 } as const;

/** What the generic ticks of a new subscription bring: of stocks in dollars, that they can be sold short. */
export function sendGenericTicks(session: Session, reqId: number, instrument: Instrument, list: string): void {
  const isWanted = list.split(",").some((token) => Number(token) === shortable);
  if (!isWanted || instrument.secType !== "STK" || instrument.currency !== "USD") return;
  session.send(tickGeneric(reqId, shortableTypes.ease, easyToBorrow));
  session.send(tickSize(reqId, shortableTypes.shares, sharesToBorrow));
}

/**
 * Checks the list of generic ticks of a market data request. Each is a number, with providers behind a colon for news;
 * "mdoff" among them leaves the prices out.
 *
 * @returns why it is refused.
 */
export function refusalOfGenericTicks(list: string, secType: string, snapshot: boolean): Refusal | undefined {
  const tokens = list.split(",").flatMap((token) => (token.trim() === "" ? [] : [token.trim()]));
  if (snapshot && tokens.length > 0) {
    return invalidRequest("Snapshot market data subscription is not applicable to generic ticks");
  }
  const ids = tokens.filter((token) => token !== "mdoff").map((token) => Number(token.split(":")[0]));
  if (ids.some((id) => !genericTicks.has(id))) {
    const legal = [...genericTicks].join(",");
    return invalidRequest(`Incorrect generic tick list of ${list}.  Legal ones for (${secType}) are: ${legal}`);
  }
  return ids.includes(fundamentals) ? { code: 10358, text: "Fundamentals data is not allowed" } : undefined;
}
