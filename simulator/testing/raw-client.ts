import { connect, type Socket } from "node:net";
import { encodeFrame, type Field, FrameReader } from "../protocol/frame.ts";

/** Ends a test that hangs; says nothing of how fast the gateway is. */
const waitMsMax = 15_000;

/** A client without a library: sees every byte, every frame and how the connection ended. */
export class RawClient {
  readonly frames: string[][] = [];
  /** Sizes of what the kernel handed over, in order. */
  readonly chunkSizes: number[] = [];
  bytes: Buffer = Buffer.alloc(0);
  ending: "open" | "closed" | "reset" = "open";
  readonly #socket: Socket;
  readonly #reader = new FrameReader();
  readonly #waiting = new Set<() => void>();

  /** Connects and says hello; with a client id also START_API. */
  constructor(port: number, options: { readonly versions?: string; readonly clientId?: number } = {}) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.setNoDelay(true);
    this.#socket.on("data", (chunk: Buffer) => {
      this.chunkSizes.push(chunk.length);
      this.bytes = Buffer.concat([this.bytes, chunk]);
      this.frames.push(...this.#reader.push(chunk));
      this.#wake();
    });
    this.#socket.on("error", () => {
      this.ending = "reset";
    });
    this.#socket.on("close", () => {
      if (this.ending === "open") this.ending = "closed";
      this.#wake();
    });
    this.write(hello(options.versions ?? "v100..193"));
    if (options.clientId !== undefined) this.send(71, 2, options.clientId, "");
  }

  send(...fields: readonly Field[]): void {
    this.write(Buffer.from(encodeFrame(fields), "latin1"));
  }

  write(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** The first frame with an id (and, for an ERR_MSG, a code), past or to come. */
  frame(id: number, code?: number): Promise<string[]> {
    return this.#await(`a frame ${id} ${code ?? ""}`, () =>
      this.frames.find((fields) => fields[0] === String(id) && (code === undefined || fields[3] === String(code))),
    );
  }

  /** Codes of the ERR_MSGs so far. */
  get codes(): number[] {
    return this.frames.filter(([id]) => id === "4").map((fields) => Number(fields[3]));
  }

  /** Waits until the other side ended the connection. */
  ended(): Promise<"closed" | "reset"> {
    return this.#await("the end of the connection", () => (this.ending === "open" ? undefined : this.ending));
  }

  /** Ends in order, or with a reset. */
  close(how: "end" | "reset" = "end"): void {
    if (how === "reset") this.#socket.resetAndDestroy();
    else this.#socket.destroy();
  }

  #wake(): void {
    for (const look of this.#waiting) look();
  }

  #await<Found>(what: string, find: () => Found | undefined): Promise<Found> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`no sign of ${what} within ${waitMsMax} ms; seen:\n${this.frames.map(String).join("\n")}`));
      }, waitMsMax);
      const look = () => {
        const found = find();
        if (found === undefined) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }
}

/** The first bytes of a client that speaks versions such as "v100..193". */
export function hello(versions: string): Buffer {
  return Buffer.concat([Buffer.from("API\0"), Buffer.from([0, 0, 0, versions.length]), Buffer.from(versions)]);
}
