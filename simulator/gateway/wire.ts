import type { Socket } from "node:net";
import type { Faults } from "./faults.ts";

/** Writes to a socket in whole, or in the pieces and with the pauses that the fault `writes` asks for. */
export class Wire {
  readonly #socket: Socket;
  readonly #writes: () => Faults["writes"];
  readonly #later: (delayMs: number, run: () => void) => void;
  /** Bytes that wait for their turn, one character each. */
  #backlog = "";
  #isPumping = false;
  #isEnding = false;

  constructor(socket: Socket, writes: () => Faults["writes"], later: (delayMs: number, run: () => void) => void) {
    this.#socket = socket;
    this.#writes = writes;
    this.#later = later;
  }

  get unsentBytes(): number {
    return this.#socket.writableLength + this.#backlog.length;
  }

  write(bytes: string): void {
    if (this.#socket.destroyed) return;
    if (this.#backlog === "" && this.#writes().kind === "whole") {
      this.#socket.write(bytes, "latin1");
      return;
    }
    this.#backlog += bytes;
    this.#pump();
  }

  /** Closes once everything is written. */
  end(): void {
    this.#isEnding = true;
    if (this.#backlog === "") this.#socket.end();
  }

  /** Writes bytes without the fault, and resets the connection when they are on their way. */
  resetAfter(bytes: string): void {
    this.#backlog = "";
    this.#socket.write(bytes, "latin1", () => this.#socket.resetAndDestroy());
  }

  #pump(): void {
    if (this.#isPumping) return;
    const writes = this.#writes();
    const size = writes.kind === "whole" ? this.#backlog.length : writes.bytes;
    this.#socket.write(this.#backlog.slice(0, size), "latin1");
    this.#backlog = this.#backlog.slice(size);
    if (this.#backlog === "") {
      if (this.#isEnding) this.#socket.end();
      return;
    }
    this.#isPumping = true;
    const goOn = () => {
      this.#isPumping = false;
      if (!this.#socket.destroyed) this.#pump();
    };
    // Without a pause each piece still gets a turn of its own, so that the kernel sees several writes.
    if (writes.kind === "pieces" && writes.pauseMs > 0) this.#later(writes.pauseMs, goOn);
    else setImmediate(goOn);
  }
}
