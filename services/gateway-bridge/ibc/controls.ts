import type { Bus } from "#libs/bus/mod.ts";
import { controlMessage, type IbcCommand } from "#libs/contracts/mod.ts";
import type { Ibc } from "./ibc.ts";

const COMMANDS = {
  restart: "RESTART",
  "reconnect-data": "RECONNECTDATA",
  "reconnect-account": "RECONNECTACCOUNT",
} as const satisfies Record<string, IbcCommand>;

/** Serves the operator's commands that go by way of IBC. */
export function serveIbcControls(bus: Bus, ibc: Ibc): void {
  for (const verb of ["restart", "reconnect-data", "reconnect-account"] as const) {
    bus.serve(controlMessage, ["gateway-bridge", verb], ({ data }) => ibc.command(COMMANDS[verb], data.reason));
  }
}
