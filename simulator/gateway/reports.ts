import type { Effect } from "../broker/effects.ts";
import { broadcastAccountUpdates } from "./broadcasts.ts";
import type { GatewayContext } from "./context.ts";
import { publishEffects } from "./publisher.ts";

/** The way of what the broker did to whoever is concerned; the fault `reports` keeps it back for a while. */
export class Reports {
  #withheld: Effect[] = [];

  publish(context: GatewayContext, effects: readonly Effect[]): void {
    if (context.faults().reports === "withheld") {
      this.#withheld.push(...effects);
      return;
    }
    publishEffects(context, effects);
    if (effects.some((effect) => effect.kind === "position")) broadcastAccountUpdates(context);
  }

  /** What was kept back comes now, in its order; unless the fault still stands. */
  release(context: GatewayContext): void {
    if (context.faults().reports === "at-once") this.publish(context, this.#withheld.splice(0));
  }

  /** A gateway that starts anew has nothing left to tell. */
  forget(): void {
    this.#withheld = [];
  }
}
