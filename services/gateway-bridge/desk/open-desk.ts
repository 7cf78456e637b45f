import type { DryRunMemory, Mode } from "#libs/contracts/mod.ts";
import type { BrokerDeskOptions } from "../broker/broker-desk.ts";
import type { Desk } from "./desk.ts";
import { DryRunDesk, type DryRunDeskOptions } from "./dry-run-desk.ts";

export interface DeskOptions extends DryRunDeskOptions, BrokerDeskOptions {
  /** What {@link DryRunDeskOptions.keepMemory} kept last; null when nothing was. */
  readonly loadMemory: () => Promise<DryRunMemory | null>;
}

/** The desk of a mode. The code that can write orders is loaded only where orders are written (law 5). */
export async function openDesk(mode: Mode, options: DeskOptions): Promise<Desk> {
  if (mode === "dry-run") {
    const desk = new DryRunDesk(options);
    desk.venue.restore(await options.loadMemory());
    return desk;
  }
  const { BrokerDesk } = await import("../broker/broker-desk.ts");
  const desk = new BrokerDesk(options);
  desk.restore();
  return desk;
}
