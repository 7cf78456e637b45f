import { type Bus, BusError } from "#libs/bus/mod.ts";
import { controlMessage, gatewayStatusMessage } from "#libs/contracts/mod.ts";

const REPLY_TIMEOUT_MS = 5000;

/**
 * A halted session stays halted until the operator or the next daily start resumes it (architecture section 6). A
 * start while the bridge already runs is both, so it asks for that.
 *
 * @returns what came of it, in a line for the operator; undefined when the session is not halted
 */
export async function resumeHaltedSession(bus: Bus): Promise<string | undefined> {
  const status = await bus.lastValue(gatewayStatusMessage, []);
  if (status?.data.state !== "halted") return undefined;
  const why = `the gateway session was halted (${status.data.reason})`;
  try {
    const outcome = await bus.request(
      controlMessage,
      ["gateway-bridge", "resume"],
      { reason: "started anew" },
      { timeoutMs: REPLY_TIMEOUT_MS },
    );
    return outcome.ok ? `${why}: resumed, it is tried again` : `${why}: not resumed: ${outcome.message}`;
  } catch (error) {
    if (!(error instanceof BusError)) throw error;
    return `${why}: not resumed: ${error.message}`;
  }
}
