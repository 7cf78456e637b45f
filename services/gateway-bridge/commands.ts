import type { Bus } from "#libs/bus/mod.ts";
import { controlMessage } from "#libs/contracts/mod.ts";
import type { Desk } from "./desk/desk.ts";
import type { SessionDriver } from "./session/driver.ts";

/** Serves the operator's word on a position that our executions do not explain. */
export function serveAcceptance(bus: Bus, driver: SessionDriver, desk: Pick<Desk, "acceptPosition">): void {
  bus.serve(controlMessage, ["gateway-bridge", "accept-position"], ({ data: { symbol, reason } }) => {
    if (symbol === undefined) {
      return { ok: false, message: "symbol is missing: name the position, as in accept-position SPY --reason TEXT" };
    }
    if (reason.trim() === "") return { ok: false, message: "reason is empty: say why the position is as it should be" };
    const { state } = driver.status;
    if (state !== "ready") {
      const message = `the gateway session is ${state}: what the broker holds is known for certain only when it is ready`;
      return { ok: false, message };
    }
    return desk.acceptPosition(symbol, reason);
  });
}

/** Serves the operator's commands. */
export function serveControls(bus: Bus, driver: SessionDriver): void {
  bus.serve(controlMessage, ["gateway-bridge", "reconnect"], ({ data }) => {
    if (driver.status.state === "halted") {
      return { ok: false, message: `the session is halted: ${driver.status.reason}. Resume it instead.` };
    }
    driver.post({ type: "operator-reconnect", reason: data.reason || "reconnect" });
    return { ok: true, message: "the connection is opened anew" };
  });
  bus.serve(controlMessage, ["gateway-bridge", "resume"], ({ data }) => {
    if (driver.status.state !== "halted") {
      return { ok: false, message: `the session is not halted; it is ${driver.status.state}` };
    }
    driver.post({ type: "operator-resume", reason: data.reason });
    return { ok: true, message: "the session is tried again" };
  });
}
