import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { RecordedFrame } from "../gateway/frame-log.ts";
import type { SimulatedGatewayOptions } from "../gateway/options.ts";
import { type SimulatedGateway, startSimulatedGateway } from "../gateway/simulated-gateway.ts";
import { instantOf, marketTimeText } from "../market/new-york.ts";
import { encodeFrame } from "../protocol/frame.ts";
import { differencesOf } from "./differences.ts";
import { FrameLogError } from "./frame-log-error.ts";
import type { LoggedFrame } from "./read-log.ts";

export interface ReplayResult {
  /** Frames of clients that were played again. */
  readonly played: number;
  /** One line a difference; none when the answers are the same. */
  readonly differences: readonly string[];
}

const waitMsMax = 5000;

/**
 * Plays what a log's clients sent against a fresh gateway, over real sockets, each frame at its recorded market
 * second, and compares the answers. The market clock is moved by the log alone: a day is replayed as fast as it can be
 * answered, and twice alike.
 *
 * What the hand behind the recorded gateway did (quotes by hand, faults) is not in a log: give the same scenario, or
 * see it as a difference.
 *
 * @param options as the recorded gateway had them; date and start time are the log's.
 * @throws FrameLogError for a log without a frame, or one whose sessions have no beginning.
 */
export async function replay(
  frames: readonly LoggedFrame[],
  options: Omit<SimulatedGatewayOptions, "date" | "startTime" | "speed" | "hold" | "port">,
): Promise<ReplayResult> {
  const first = frames[0];
  if (first === undefined) throw new FrameLogError("the frame log", "it is empty; give one with at least one frame");
  const startS = epochOf(first.marketTime);
  let marketMs = 0;
  const [date, startTime] = [isoDate(first.marketTime), first.marketTime.slice(9, 17)];
  const machineNowMs = () => marketMs;
  const gateway = await startSimulatedGateway({ framesKept: 1_000_000, ...options, date, startTime, machineNowMs });
  try {
    const player = new Player(gateway);
    for (const frame of frames) {
      marketMs = Math.max(marketMs, (epochOf(frame.marketTime) - startS) * 1000);
      gateway.advance();
      if (frame.direction === "received") await player.play(frame);
    }
    return { played: player.played, differences: differencesOf(frames, player.answers()) };
  } finally {
    await gateway.close();
  }
}

/** The recorded clients, one socket each. */
class Player {
  played = 0;
  readonly #gateway: SimulatedGateway;
  readonly #sockets = new Map<number, Socket>();
  /** The session number each recorded session has in the replay. */
  readonly #numbers = new Map<number, number>();

  constructor(gateway: SimulatedGateway) {
    this.#gateway = gateway;
  }

  async play(frame: LoggedFrame): Promise<void> {
    if (frame.name === "HELLO") {
      await this.#connect(frame);
      return;
    }
    const socket = this.#sockets.get(frame.session);
    if (frame.name === "CLOSED") {
      await this.#close(frame.session);
      return;
    }
    if (socket === undefined) {
      throw new FrameLogError(
        "the frame log",
        `session ${frame.session} has no HELLO; give a log from its beginning on`,
      );
    }
    const before = this.#received();
    socket.write(Buffer.from(encodeFrame([frame.id, ...frame.fields]), "latin1"));
    this.played += 1;
    // A gateway that closed the connection (326) takes nothing more.
    await until(() => this.#received() > before || socket.destroyed);
    // The market must not go on under a question that is not answered yet.
    while (this.#gateway.isPreparing) await turn();
  }

  /** What the fresh gateway sent, in the terms of the log. */
  answers(): LoggedFrame[] {
    const recordedNumbers = new Map([...this.#numbers].map(([recorded, replayed]) => [replayed, recorded]));
    return this.#gateway.frames.sent().map((frame) => logged(frame, recordedNumbers.get(frame.session) ?? 0));
  }

  async #connect(frame: LoggedFrame): Promise<void> {
    const socket = connect(this.#gateway.port, "127.0.0.1");
    socket.on("error", () => socket.destroy());
    socket.resume();
    await once(socket, "connect");
    const before = this.#received();
    const versions = String(frame.fields[0] ?? "");
    const length = Buffer.alloc(4);
    length.writeUInt32BE(versions.length);
    socket.write(Buffer.concat([Buffer.from("API\0"), length, Buffer.from(versions)]));
    await until(() => this.#received() > before || socket.destroyed);
    this.#sockets.set(frame.session, socket);
    this.#numbers.set(frame.session, this.#numbers.size + 1);
  }

  async #close(session: number): Promise<void> {
    const socket = this.#sockets.get(session);
    if (socket === undefined || socket.destroyed) return;
    const before = this.#received();
    socket.destroy();
    await until(() => this.#received() > before);
  }

  #received(): number {
    return this.#gateway.frames.received().length;
  }
}

function logged(frame: RecordedFrame, session: number): LoggedFrame {
  return {
    direction: frame.direction,
    session,
    clientId: frame.clientId ?? null,
    machineTime: "",
    marketTime: marketTimeText(Math.floor(frame.marketEpochMs / 1000)),
    id: frame.id,
    name: frame.name,
    fields: frame.fields.slice(1).map((field) => field ?? ""),
  };
}

/** "20251007 09:30:01 US/Eastern" to epoch seconds. */
function epochOf(marketTime: string): number {
  return instantOf(isoDate(marketTime), marketTime.slice(9, 17));
}

function isoDate(marketTime: string): string {
  return `${marketTime.slice(0, 4)}-${marketTime.slice(4, 6)}-${marketTime.slice(6, 8)}`;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function until(holds: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + waitMsMax;
  while (!holds()) {
    if (performance.now() > deadlineMs) throw new Error(`the gateway did not take a frame within ${waitMsMax} ms`);
    await turn();
  }
}
