import { createWriteStream, openSync, type WriteStream } from "node:fs";
import { FrameLogError } from "../frames/frame-log-error.ts";
import { marketTimeText } from "../market/new-york.ts";
import type { Field } from "../protocol/frame.ts";
import { type RequestName, type ResponseName, requestName, responseName } from "../protocol/messages.ts";

export interface RecordedFrame {
  readonly direction: "received" | "sent";
  /** Number of the connection, from 1; a reconnecting client gets a new one. */
  readonly session: number;
  /** Undefined until START_API. */
  readonly clientId: number | undefined;
  /** The machine's monotonic clock (performance.now()), milliseconds. */
  readonly machineMs: number;
  readonly marketEpochMs: number;
  readonly id: number;
  readonly name: string;
  readonly fields: readonly Field[];
}

/** HELLO: the version range of a client's first bytes. SERVER_VERSION: the answer. CLOSED: the connection is over. */
export const sessionEvents = ["HELLO", "SERVER_VERSION", "CLOSED"] as const;
export type SessionEvent = (typeof sessionEvents)[number];

/** Frames sent so often that keeping them would cost more than they tell; they are counted, and written to the file. */
const countedOnly: ReadonlySet<string> = new Set<ResponseName>([
  "TICK_PRICE",
  "TICK_SIZE",
  "TICK_STRING",
  "CURRENT_TIME",
]);

/** Every frame of every connection: what a test asserts on, and what `--frame-log` writes. */
export class FrameLog {
  readonly #received: RecordedFrame[] = [];
  readonly #sent: RecordedFrame[] = [];
  readonly #receivedCounts = new Map<string, number>();
  readonly #sentCounts = new Map<string, number>();
  readonly #keptMax: number;
  readonly #file: WriteStream | undefined;

  /**
   * @param keptMax frames kept in memory in each direction; older ones are only in the counts and the file.
   * @param path JSON-lines file to append to; undefined for none.
   * @param onError told when it can no longer be written, such as on a full disk.
   * @throws FrameLogError when it cannot be opened.
   */
  constructor(keptMax: number, path: string | undefined, onError: (error: Error) => void) {
    this.#keptMax = keptMax;
    if (path === undefined) return;
    this.#file = createWriteStream(path, { fd: opened(path) });
    this.#file.on("error", onError);
  }

  /** Frames from clients, oldest first; of one kind when a name such as "PLACE_ORDER" is given. */
  received(name?: RequestName): RecordedFrame[] {
    return name === undefined ? [...this.#received] : this.#received.filter((frame) => frame.name === name);
  }

  /** Frames to clients, oldest first. Ticks and CURRENT_TIME are only counted: see {@link sentCount}. */
  sent(name?: ResponseName): RecordedFrame[] {
    return name === undefined ? [...this.#sent] : this.#sent.filter((frame) => frame.name === name);
  }

  receivedCount(name: RequestName): number {
    return this.#receivedCounts.get(name) ?? 0;
  }

  sentCount(name: ResponseName): number {
    return this.#sentCounts.get(name) ?? 0;
  }

  /** How many frames of each kind came in since the start. */
  receivedCounts(): Record<string, number> {
    return Object.fromEntries(this.#receivedCounts);
  }

  sentCounts(): Record<string, number> {
    return Object.fromEntries(this.#sentCounts);
  }

  /** What has no message id, and is logged all the same: the two halves of the handshake, and the end. */
  recordEvent(name: SessionEvent, frame: Omit<RecordedFrame, "id" | "name">): void {
    this.#keep({ ...frame, id: 0, name });
  }

  record(frame: Omit<RecordedFrame, "id" | "name">): void {
    const id = Number(frame.fields[0]);
    const name = (frame.direction === "received" ? requestName(id) : responseName(id)) ?? `UNKNOWN_${frame.fields[0]}`;
    this.#keep({ ...frame, id, name });
  }

  #keep(frame: RecordedFrame): void {
    const { name } = frame;
    const received = frame.direction === "received";
    this.countOnly(frame.direction, name, 1);
    if (this.#keptMax > 0 && (received || !countedOnly.has(name))) {
      const frames = received ? this.#received : this.#sent;
      // Dropped in blocks: shifting one a time would move the whole list for every frame.
      if (frames.length >= this.#keptMax) frames.splice(0, Math.ceil(this.#keptMax / 10));
      frames.push(frame);
    }
    this.#write(frame);
  }

  /** Counts frames that are not recorded one by one. */
  countOnly(direction: "received" | "sent", name: string, count: number): void {
    const counts = direction === "received" ? this.#receivedCounts : this.#sentCounts;
    counts.set(name, (counts.get(name) ?? 0) + count);
  }

  async close(): Promise<void> {
    const file = this.#file;
    if (file === undefined || file.closed) return;
    await new Promise<void>((resolve) => {
      file.once("close", resolve);
      file.end();
    });
  }

  #write(frame: RecordedFrame): void {
    if (this.#file === undefined) return;
    const line = {
      direction: frame.direction,
      session: frame.session,
      clientId: frame.clientId ?? null,
      machineTime: new Date(performance.timeOrigin + frame.machineMs).toISOString(),
      marketTime: marketTimeText(Math.floor(frame.marketEpochMs / 1000)),
      id: frame.id,
      name: frame.name,
      fields: frame.fields.slice(1).map((field) => field ?? ""),
    };
    this.#file.write(`${JSON.stringify(line)}\n`);
  }
}

function opened(path: string): number {
  try {
    return openSync(path, "a");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FrameLogError(path, `the frame log cannot be written (${reason}); give a file in a folder that exists`, {
      cause,
    });
  }
}
