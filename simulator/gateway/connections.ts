import type { Socket } from "node:net";
import type { Faults } from "./faults.ts";
import type { Session } from "./session.ts";

/** How connections are cut: closed in order, reset, or reset in the middle of a frame. */
export type CutKind = "close" | "reset" | "reset-mid-frame";

/** The open connections, and who has which client id: also for a while after the end, if the fault says so. */
export class Connections {
  readonly #sockets = new Map<Socket, Session | undefined>();
  /** Machine milliseconds until which a client id stays taken though its connection is gone. */
  readonly #lingeringUntilMs = new Map<number, number>();
  #ready: readonly Session[] = [];
  #onLastGone: (() => void) | undefined;

  /** Connections that have started the API, in the order in which they came. */
  get ready(): readonly Session[] {
    return this.#ready;
  }

  add(socket: Socket): void {
    this.#sockets.set(socket, undefined);
  }

  /** Takes a client id for a session. @returns false when somebody has it, or had it until just now. */
  claim(socket: Socket, session: Session, clientId: number, nowMs: number): boolean {
    if (this.#ready.some((other) => other.clientId === clientId)) return false;
    if ((this.#lingeringUntilMs.get(clientId) ?? 0) > nowMs) return false;
    session.clientId = clientId;
    this.#ready = [...this.#ready, session];
    this.#sockets.set(socket, session);
    return true;
  }

  /** A connection is gone; `wasReset` tells a reset from an orderly end. */
  remove(socket: Socket, wasReset: boolean, linger: Faults["clientIdLinger"], nowMs: number): void {
    const session = this.#sockets.get(socket);
    this.#sockets.delete(socket);
    if (this.#sockets.size === 0) this.#onLastGone?.();
    this.#ready = this.#ready.filter((other) => other !== session);
    if (session?.clientId === undefined || linger.forMs === 0) return;
    if (linger.after === "any-end" || wasReset) this.#lingeringUntilMs.set(session.clientId, nowMs + linger.forMs);
  }

  /** Cuts every connection without a word. */
  cut(how: CutKind): void {
    for (const [socket, session] of this.#sockets) {
      // What was sent before the cut has been sent: only what comes after it is lost.
      session?.flush();
      if (how === "close" || session === undefined) socket.destroy();
      else session.reset(how === "reset-mid-frame");
    }
    this.#ready = [];
  }

  /** Resolves when no connection is left: each has had its end recorded by then. */
  async allGone(): Promise<void> {
    if (this.#sockets.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#onLastGone = resolve;
    });
  }

  /** A gateway that starts anew remembers no client. */
  forgetLingering(): void {
    this.#lingeringUntilMs.clear();
  }
}
