import { requestName } from "../protocol/messages.ts";
import { parseRequest } from "../protocol/requests.ts";
import { errorMessage } from "../protocol/responses.ts";
import type { GatewayContext } from "./context.ts";
import { dispatch } from "./dispatch.ts";
import type { FrameLog } from "./frame-log.ts";
import { welcome } from "./general-requests.ts";
import { MessagePacing, violationsMax } from "./message-pacing.ts";
import { answerFailure } from "./refuse.ts";
import type { Session } from "./session.ts";

export interface IntakeOptions {
  readonly session: Session;
  readonly context: GatewayContext;
  readonly frames: FrameLog;
  /** Brings the market to this moment before a request is answered. */
  readonly advance: () => void;
  /** Takes a client id for a session. @returns false when another connection has it. */
  readonly claimClientId: (session: Session, clientId: number) => boolean;
}

/** Takes the frames of one connection, in order: START_API first, then requests, as fast as pacing lets them pass. */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #pacing = new MessagePacing();
  #queue: (readonly string[])[] = [];

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  take(fields: readonly string[]): void {
    const { session, context, frames } = this.#options;
    frames.record({
      direction: "received",
      session: session.number,
      clientId: session.clientId,
      machineMs: performance.now(),
      marketEpochMs: context.clock.nowMs(),
      fields,
    });
    if (session.clientId === undefined || context.faults().messagePacing === "off") this.#answer(fields);
    else this.#paced(fields);
  }

  #paced(fields: readonly string[]): void {
    const { session, context } = this.#options;
    const { messagePacing, marketDataLinesMax } = context.faults();
    const nowMs = performance.now();
    const messagesMax = Math.max(1, Math.floor(marketDataLinesMax / 2));
    const waitMs = this.#pacing.waitMs(nowMs, messagesMax);
    if (waitMs === 0 && this.#queue.length === 0) {
      this.#pacing.passed(nowMs);
      this.#answer(fields);
      return;
    }
    if (messagePacing === "queue") {
      this.#queue.push(fields);
      if (this.#queue.length === 1) context.later(waitMs, () => this.#drain());
      return;
    }
    const violations = this.#pacing.violated();
    const counts = `max=${messagesMax} rec=${messagesMax + 1} (${violations})`;
    context.log("warn", "message above the rate", { session: session.number, violations });
    session.send(errorMessage(-1, 100, `Max rate of messages per second has been exceeded:${counts}`));
    if (violations >= violationsMax) session.close();
  }

  #drain(): void {
    const { session, context } = this.#options;
    const messagesMax = Math.max(1, Math.floor(context.faults().marketDataLinesMax / 2));
    while (this.#queue.length > 0 && !session.isGone) {
      const nowMs = performance.now();
      const waitMs = this.#pacing.waitMs(nowMs, messagesMax);
      if (waitMs > 0) {
        context.later(waitMs, () => this.#drain());
        return;
      }
      this.#pacing.passed(nowMs);
      const [fields = [], ...rest] = this.#queue;
      this.#queue = rest;
      this.#answer(fields);
    }
  }

  #answer(fields: readonly string[]): void {
    const { session, advance } = this.#options;
    advance();
    if (session.clientId === undefined) this.#beforeStartApi(fields);
    else this.#request(session.clientId, fields);
  }

  #request(clientId: number, fields: readonly string[]): void {
    const { session, context } = this.#options;
    const name = requestName(Number(fields[0]));
    if (name !== undefined) context.see({ kind: "received", message: name });
    const { connection, beforeNextValidId } = context.faults();
    if (connection === "mute-after-ready") return;
    if (!session.hasNextValidId && beforeNextValidId === "ignore") {
      context.log("warn", "message before the next valid id ignored", { session: session.number, id: fields[0] });
      return;
    }
    try {
      dispatch({ context, session, clientId, machineNowMs: performance.now() }, fields);
    } catch (error) {
      answerFailure(context, session, fields, error);
    }
  }

  #beforeStartApi(fields: readonly string[]): void {
    const { session, context } = this.#options;
    const parsed = parseRequest(fields, session.serverVersion);
    if (parsed.kind === "request" && parsed.request.name === "START_API") {
      this.#startApi(parsed.request.clientId);
      return;
    }
    if (parsed.kind === "malformed" && parsed.name === "START_API") {
      context.log("warn", "START_API cannot be read", { session: session.number, reason: parsed.reason });
      session.send(errorMessage(-1, 320, `Error reading request. ${parsed.reason}`));
      session.close();
      return;
    }
    // The stoqey client can leak queued requests into a new connection before START_API (tws.md P2).
    context.log("warn", "message before START_API ignored", { session: session.number, id: fields[0] });
    if (context.faults().beforeStartApi === "error-504") session.send(errorMessage(-1, 504, "Not connected"));
  }

  #startApi(clientId: number): void {
    const { session, context, claimClientId } = this.#options;
    if (context.faults().connection === "version-only") return;
    if (!claimClientId(session, clientId)) {
      context.log("warn", "client id in use", { session: session.number, clientId });
      const text = "Unable to connect as the client id is already in use. Retry with a unique client id.";
      session.send(errorMessage(-1, 326, text));
      session.close();
      return;
    }
    const { serverVersion } = session;
    context.log("info", "session ready", { session: session.number, clientId, serverVersion });
    welcome(context, session, clientId);
  }
}
