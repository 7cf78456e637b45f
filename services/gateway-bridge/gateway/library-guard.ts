import type { Socket } from "node:net";
import type { IBApi } from "@stoqey/ib";

/** The largest frame the library takes (tws.md 1.1). */
const FRAME_BYTES_MAX = 0xff_ffff;

/** The part of the library's inside that the guard stands in front of; a test pins that it is there. */
interface LibrarySocket {
  client?: Socket;
  onData(data: Buffer): void;
}

/**
 * Stands between the socket and the library, for what the library does not survive (observed in its 1.6.10):
 *
 * - a frame length of -4 makes it loop for ever, other negative or huge ones make it misread or wait for ever;
 * - an exception while decoding (a malformed advanced-reject JSON) leaves the socket's handler and ends the process;
 * - it leaves Nagle's algorithm on, which can hold an order back for as long as a delayed acknowledgement, 40 ms.
 *
 * @param onGarbage called once with what was wrong; the connection must be dropped, the stream has lost its frames
 */
export function guardLibrary(api: IBApi, onGarbage: (what: string) => void): { tcpIsOpen(): void } {
  const socket = socketOf(api);
  const frames = new FrameCheck();
  const deliver = socket.onData.bind(socket);
  let broken = false;
  const giveUp = (what: string) => {
    broken = true;
    onGarbage(what);
  };
  socket.onData = (data) => {
    if (broken) return;
    const length = frames.push(data);
    if (length !== undefined) {
      giveUp(`a message of ${length} bytes was announced, which no gateway sends`);
      return;
    }
    try {
      deliver(data);
    } catch (error) {
      giveUp(`a message could not be read: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  return { tcpIsOpen: () => void socket.client?.setNoDelay(true) };
}

function socketOf(api: IBApi): LibrarySocket {
  const { controller } = api as unknown as { controller?: { socket?: Partial<LibrarySocket> } };
  const socket = controller?.socket;
  if (typeof socket?.onData !== "function") {
    throw new Error("@stoqey/ib has changed inside: its socket is not where the guard of the bridge expects it.");
  }
  return socket as LibrarySocket;
}

/** Follows the frames of a stream: four bytes of length, then as many bytes. */
export class FrameCheck {
  #bodyLeft = 0;
  #header = 0;
  #headerBytes = 0;

  /** @returns the announced length of the first frame that cannot be one; undefined while all is well. */
  push(data: Uint8Array): number | undefined {
    let at = 0;
    while (at < data.length) {
      if (this.#bodyLeft > 0) {
        const taken = Math.min(this.#bodyLeft, data.length - at);
        this.#bodyLeft -= taken;
        at += taken;
        continue;
      }
      this.#header = (this.#header << 8) | (data[at] ?? 0);
      this.#headerBytes += 1;
      at += 1;
      if (this.#headerBytes < 4) continue;
      if (this.#header <= 0 || this.#header > FRAME_BYTES_MAX) return this.#header;
      this.#bodyLeft = this.#header;
      this.#header = 0;
      this.#headerBytes = 0;
    }
    return undefined;
  }
}
