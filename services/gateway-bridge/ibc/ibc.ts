import type { Alert, IbcCommand, IbcFact, Outcome } from "#libs/contracts/mod.ts";
import type { RestartSettings } from "../session/restart-window.ts";
import * as alerts from "./alerts.ts";
import { askIbc, type IbcAnswer } from "./command-client.ts";
import { ABANDONED, answeredFact, askedFact, type IbcRequest } from "./facts.ts";
import { decideRestart } from "./restart-policy.ts";

/** A command that waited longer for the ledger is not sent any more: who asked for it has long gone. */
const RECORD_MS_MAX = 5000;

export interface IbcOptions {
  /** `IBC_COMMAND_PORT`; 0: off. */
  readonly port: number;
  readonly restartsPerDayMax: number;
  readonly restart: RestartSettings;
  /** The newest fact in the ledger; null when there is none. */
  readonly newest: IbcFact | null;
  /** Resolves when the fact is on the disk. */
  readonly record: (fact: IbcFact) => Promise<void>;
  readonly alert: (alert: Alert) => void;
  /** Called before a RESTART is sent, and again when it is known that it will not come. */
  readonly onRestart: (news: "asked" | "called-off") => void;
  /** Market clock (null while unknown), machine wall clock and machine monotonic clock, milliseconds. */
  readonly now: () => { readonly marketMs: number | null; readonly wallMs: number; readonly nowMs: number };
}

/**
 * What is asked of IBC, one command at a time: by the operator, and by the bridge itself when the gateway takes
 * connections and answers nothing. Each command is in the ledger before it is sent, and again with what came of it.
 */
export class Ibc {
  readonly #options: IbcOptions;
  #newest: IbcFact | null;
  #underWay: IbcCommand | null = null;
  /** The New York day of which the limit was told. */
  #limitToldAt: string | null = null;

  constructor(options: IbcOptions) {
    this.#options = options;
    this.#newest = options.newest;
  }

  /** Closes the record of a command whose bridge was killed before the answer: it counts, and it is told. */
  async start(): Promise<void> {
    const open = this.#newest;
    if (open === null || open.outcome !== "asked") return;
    await this.#keep(answeredFact(open, ABANDONED));
    if (open.requestedBy === "bridge") this.#options.alert(alerts.restartFailed(ABANDONED));
  }

  /** How long ago the newest restart was asked for that may have come or be still to come; null when there is none. */
  get restartAskedMsAgo(): number | null {
    const newest = this.#newest;
    if (newest === null || newest.lastRestartAt === null) return null;
    const failed = newest.outcome === "refused" || newest.outcome === "unreachable";
    if (newest.command === "RESTART" && failed) return null;
    const msAgo = this.#now().wallMs - newest.lastRestartAt;
    return msAgo >= 0 ? msAgo : null;
  }

  /** The operator asks. */
  async command(command: IbcCommand, reason: string): Promise<Outcome> {
    if (this.#options.port === 0) return { ok: false, message: OFF };
    if (this.#underWay !== null) {
      return { ok: false, message: `IBC is being asked for ${this.#underWay}: wait for its answer.` };
    }
    const { outcome, detail } = await this.#ask(command, "operator", reason);
    return { ok: outcome === "done", message: outcome === "done" ? `${detail}. ${FOLLOWS[command]}` : detail };
  }

  /** The gateway took `times` connections in a row and answered nothing. */
  async onSilence(times: number): Promise<void> {
    const { port, restartsPerDayMax, restart, alert } = this.#options;
    if (port === 0 || this.#underWay !== null) return;
    const { marketMs, wallMs } = this.#now();
    const decision = decideRestart({ times, marketMs, wallMs }, this.#newest, restartsPerDayMax, restart);
    if (decision.restart) {
      const why = `the gateway took ${times} connections in a row and answered nothing`;
      const answer = await this.#ask("RESTART", "bridge", why);
      if (answer.outcome === "done") {
        alert(alerts.restarted(times, answer, decision.restartsByBridge, restartsPerDayMax));
      } else alert(alerts.restartFailed(answer));
    } else if (decision.because === "limit" && this.#newest !== null && this.#limitToldAt !== this.#newest.day) {
      this.#limitToldAt = this.#newest.day;
      alert(alerts.limitReached(times, restartsPerDayMax));
    }
  }

  async #ask(command: IbcCommand, requestedBy: IbcRequest["requestedBy"], why: string): Promise<IbcAnswer> {
    this.#underWay = command;
    try {
      const { marketMs, wallMs, nowMs } = this.#now();
      const asked = askedFact({ command, requestedBy, why, marketMs, wallMs }, this.#newest);
      await this.#keep(asked);
      const waitedMs = this.#now().nowMs - nowMs;
      const answer = waitedMs > RECORD_MS_MAX ? tooLate(command, waitedMs) : await this.#send(command);
      await this.#keep(answeredFact(asked, answer));
      return answer;
    } finally {
      this.#underWay = null;
    }
  }

  async #send(command: IbcCommand): Promise<IbcAnswer> {
    const { port, onRestart } = this.#options;
    if (command !== "RESTART") return askIbc(command, port);
    onRestart("asked");
    const answer = await askIbc(command, port);
    if (!mayCome(answer)) onRestart("called-off");
    return answer;
  }

  async #keep(fact: IbcFact): Promise<void> {
    await this.#options.record(fact);
    this.#newest = fact;
  }

  /** The day of a bridge that has not heard the gateway's clock yet is the machine's. */
  #now(): { marketMs: number; wallMs: number; nowMs: number } {
    const { marketMs, wallMs, nowMs } = this.#options.now();
    return { marketMs: marketMs ?? wallMs, wallMs, nowMs };
  }
}

/** Of one that was sent and not answered nobody knows. */
const mayCome = ({ outcome }: IbcAnswer): boolean => outcome === "done" || outcome === "unanswered";

const OFF =
  "IBC_COMMAND_PORT is 0, so IBC is not asked for anything. Set it in .env to CommandServerPort of IBC's config.ini (7462 is usual), then `npm stop` and `npm start`.";

const FOLLOWS: Record<IbcCommand, string> = {
  RESTART: "The gateway goes down within a minute and is back about a minute and a half later; the session follows.",
  RECONNECTDATA: "The market-data farms are connected anew.",
  RECONNECTACCOUNT: "The account server is connected anew.",
};

const tooLate = (command: IbcCommand, waitedMs: number): IbcAnswer => ({
  outcome: "unreachable",
  detail: `${command} was not sent: the ledger took ${Math.round(waitedMs / 1000)} s to keep it, and by then nobody may want it any more. Ask again.`,
});
