import type { Bus } from "#libs/bus/mod.ts";
import type { ServiceSettings } from "#libs/config/mod.ts";
import { type Alert, ibcLogMessage, ibcMessage } from "#libs/contracts/mod.ts";
import type { Logger } from "#libs/service/mod.ts";
import { monotonicNowMs, wallNowMs } from "#libs/time/mod.ts";
import type { RestartSettings } from "../session/restart-window.ts";
import { Ibc } from "./ibc.ts";
import { LogWatch } from "./log-watch/log-watch.ts";

export interface IbcContext {
  readonly bus: Bus;
  readonly settings: ServiceSettings<"gateway-bridge">;
  readonly restart: RestartSettings;
  readonly alert: (alert: Alert) => void;
  readonly onRestart: (news: "asked" | "called-off") => void;
  /** Market clock, epoch milliseconds; null while unknown. */
  readonly marketNowMs: () => number | null;
}

/** IBC with what the ledger remembers of it: the day's automatic restarts, and a command whose answer is missing. */
export async function openIbc({ bus, settings, restart, alert, onRestart, marketNowMs }: IbcContext): Promise<Ibc> {
  const ibc = new Ibc({
    port: settings.ibcCommandPort,
    restartsPerDayMax: settings.ibcRestartsPerDayMax,
    restart,
    newest: (await bus.lastValue(ibcMessage, []))?.data ?? null,
    record: async (fact) => void (await bus.record(ibcMessage, [], fact)),
    alert,
    onRestart,
    now: () => ({ marketMs: marketNowMs(), wallMs: wallNowMs(), nowMs: monotonicNowMs() }),
  });
  await ibc.start();
  return ibc;
}

export interface IbcLogContext {
  readonly bus: Bus;
  /** `IBC_LOG_PATH`; empty: not watched. */
  readonly path: string;
  /** The session is halted for a login that failed. */
  readonly awaitsLogin: boolean;
  readonly logger: Logger;
  readonly onLoginTrouble: (text: string) => void;
  readonly onFailure: (error: unknown) => void;
}

/** Watches IBC's log from where a bridge before this one stopped. */
export async function watchIbcLog({ bus, path, logger, ...heard }: IbcLogContext): Promise<{ stop(): void }> {
  if (path === "") return { stop: () => undefined };
  const watch = new LogWatch({
    path,
    position: (await bus.lastValue(ibcLogMessage, []))?.data ?? null,
    keepPosition: async (position) => void (await bus.record(ibcLogMessage, [], position)),
    alert: (alert, id) => bus.alert(alert, { id }),
    onNote: (code, title) => logger.info({ ibc: code }, title),
    nowMs: monotonicNowMs,
    ...heard,
  });
  watch.start();
  return watch;
}
