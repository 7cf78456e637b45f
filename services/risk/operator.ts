import type { z } from "zod";
import type { CONTROL_VERBS, controlMessage, Outcome } from "#libs/contracts/mod.ts";
import { LEDGER_WENT_BACKWARDS } from "./checks/ledger-behind.ts";
import type { CloseOutKeeper } from "./close-out/keeper.ts";
import { dayResult } from "./evaluate/day-result.ts";
import type { RiskView } from "./evaluate/view.ts";
import { isOverridden, POST_TRADE_LIMITS } from "./post-trade/limits.ts";
import type { TradingControl } from "./trading-control.ts";

/** What the trading state is set by when the operator sets it. */
const OPERATOR = "operator";
/** The name under which the operator overrides a close-out that runs. */
const CLOSE_OUT = "CLOSE_OUT";

export interface Commanded {
  readonly control: TradingControl;
  readonly keeper: CloseOutKeeper;
  readonly view: () => RiskView;
}

type Verb = (typeof CONTROL_VERBS.risk)[number];
type Asked = z.infer<typeof controlMessage.data>;

/** The operator's commands: `control.risk.halt`, `reduce`, `resume` and `flatten`. */
export async function command(verb: Verb, asked: Asked, commanded: Commanded): Promise<Outcome> {
  switch (verb) {
    case "halt":
      return await setState("halted", asked.reason, commanded);
    case "reduce":
      return await setState("reducing", asked.reason, commanded);
    case "flatten":
      return await flatten(asked, commanded);
    case "resume":
      return await resume(asked, commanded);
  }
}

async function setState(
  next: "halted" | "reducing",
  reason: string,
  { control }: Pick<Commanded, "control">,
): Promise<Outcome> {
  const { tradingState, setBy } = control.current;
  // What a limit has set ends with its cause, and what the ledger did not take with this process: neither is what the
  // operator asks for.
  // But a lost ledger stays the cause whatever the operator sets, so that no later resume passes without naming it.
  const by = setBy === LEDGER_WENT_BACKWARDS ? setBy : OPERATOR;
  const isSet = tradingState === next && setBy === by && control.isKept;
  if (isSet) return { ok: true, message: `Trading is ${next} already.` };
  await control.change(next, by, reason);
  return { ok: true, message: `Trading is ${next}.` };
}

/** Only exits pass from here on; a halt, which stops exits too, gives way to the operator's own word. */
async function flatten({ reason, everything = false }: Asked, { control, keeper }: Commanded): Promise<Outcome> {
  await setState("reducing", reason, { control });
  const what = everything ? "everything that is held" : "every position that our executions explain";
  const again = keeper.isRunning ? "A close-out runs already. " : "";
  await keeper.begin({ scope: everything ? "everything" : "explained", setBy: OPERATOR, reason });
  return {
    ok: true,
    message: `${again}What works is canceled, then ${what} is closed. You are told when the account is flat; trading is reducing until you resume it.`,
  };
}

/** A resume is refused while a cause lasts, unless the operator overrides it by its name until the session day ends. */
async function resume({ reason, override: named = [] }: Asked, { control, keeper, view }: Commanded): Promise<Outcome> {
  const known = [...POST_TRADE_LIMITS.map(({ code }) => code), CLOSE_OUT, LEDGER_WENT_BACKWARDS];
  const override = named.map((name) => name.toUpperCase());
  const unknown = override.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    return { ok: false, message: `override: ${unknown.join(", ")} is no cause; these are: ${known.join(", ")}.` };
  }
  const isLedgerLost = control.current.setBy === LEDGER_WENT_BACKWARDS;
  const lasting = [
    ...causesOf(view()),
    ...(keeper.isRunning ? [CLOSE_OUT_RUNS] : []),
    ...(isLedgerLost ? [LEDGER_LOST] : []),
  ];
  const left = lasting.filter(({ name }) => !override.includes(name));
  if (left.length > 0) {
    const how = `Override by name to resume all the same: --override ${left.map(({ name }) => name).join(" ")}`;
    return { ok: false, message: `${left.map(({ name, why }) => `${name}: ${why}`).join(" ")} ${how}` };
  }
  const { tradingState } = control.current;
  // A limit stays disregarded until the day ends; the other two are over with the resume.
  const overridden = override.filter((name) => POST_TRADE_LIMITS.some(({ code }) => code === name));
  const endsCloseOut = keeper.isRunning;
  if (endsCloseOut) await keeper.stop(`the operator resumed: ${reason}`);
  const ending = endsCloseOut ? CLOSE_OUT_ENDED : "";
  if (tradingState === "active") {
    // Nothing is overridden ahead: a limit that trips later must be seen first.
    if (overridden.length > 0) {
      const what = overridden.join(", ");
      return { ok: false, message: `Trading is active already: nothing was overridden. ${what} can be once it stops.` };
    }
    return { ok: true, message: `Trading is active already${ending}.` };
  }
  const disregarding = overridden.length === 0 ? "" : `; ${overridden.join(", ")} disregarded until the day ends`;
  await control.change("active", OPERATOR, `${reason}${disregarding}${ending}`, overridden);
  return { ok: true, message: `Trading is active${disregarding}${ending}.` };
}

interface Cause {
  readonly name: string;
  readonly why: string;
}

/** Limits that are beyond now, and would stop entries again at the next look. */
function causesOf(view: RiskView): readonly Cause[] {
  const result = dayResult(view);
  return POST_TRADE_LIMITS.flatMap(({ code, words, unit, measure }): Cause[] => {
    const measured = measure(view, result);
    if (measured === null || measured.used < measured.limit || isOverridden(view, code)) return [];
    const shown = (amount: number) => (unit === "USD" ? `${amount.toFixed(2)} USD` : `${amount}`);
    const why = `${words}, ${shown(measured.used)}, has reached the limit of ${shown(measured.limit)}. It ends with the session day ${view.book.session?.tradingDay}; exits pass.`;
    return [{ name: code, why }];
  });
}

const CLOSE_OUT_RUNS: Cause = {
  name: CLOSE_OUT,
  why: "the account is being closed out; you are told when it is flat.",
};

/** It was to be told when the account is flat, and that never comes. */
const CLOSE_OUT_ENDED =
  "; the close-out is ended: what it has not closed is still held, perhaps without its protective orders, and a closing order that works may still fill";

/** It does not go away by itself: what the ledger lost, risk cannot know. */
const LEDGER_LOST: Cause = {
  name: LEDGER_WENT_BACKWARDS,
  why: "the ledger lost messages, so orders, fills and halts may be missing; compare positions with the broker's first.",
};
