import type { Mode } from "#libs/contracts/mod.ts";
import type { Desk } from "./desk.ts";
import { DryRunDesk, type DryRunDeskOptions } from "./dry-run-desk.ts";

export type DeskOptions = DryRunDeskOptions;

/** The desk of a mode. What can write orders is loaded only where orders are written (law 5). */
export async function openDesk(_mode: Mode, options: DeskOptions): Promise<Desk> {
  const desk = new DryRunDesk(options);
  desk.venue.restore();
  return desk;
}
