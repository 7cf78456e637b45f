import type { Socket } from "node:net";
import { connectionTimeText } from "../market/new-york.ts";
import { randomFrom } from "../market/random.ts";
import { encodeFrame, type Field, FrameReader, FrameTooLargeError } from "../protocol/frame.ts";
import { negotiateVersion, parseHello } from "../protocol/handshake.ts";
import { responseName } from "../protocol/messages.ts";
import { newestLayoutVersion, oldestLayoutVersion } from "../protocol/versions.ts";
import type { GatewayContext } from "./context.ts";
import type { FrameLog, SessionEvent } from "./frame-log.ts";
import { Intake } from "./intake.ts";
import { Session } from "./session.ts";

export interface ConnectionOptions {
  readonly number: number;
  readonly socket: Socket;
  readonly context: GatewayContext;
  readonly frames: FrameLog;
  readonly serverVersionMax: number;
  /** Brings the market to this moment before a request is answered. */
  readonly advance: () => void;
  /** Takes a client id for a session. @returns false when another connection has it. */
  readonly claimClientId: (session: Session, clientId: number) => boolean;
  /** The connection is over; `wasReset` tells a reset from an orderly end. */
  readonly onEnd: (wasReset: boolean) => void;
}

/** Drives one TCP connection: hello, negotiation, START_API, then requests. */
export function serveConnection(options: ConnectionOptions): void {
  const { socket, context, number } = options;
  context.see({ kind: "connect" });
  const { connection: fault } = context.faults();
  let session: Session | undefined;
  let stage: Stage = { kind: "hello", bytes: Buffer.alloc(0) };
  socket.on("error", (error) => context.log("info", "socket error", { session: number, reason: error.message }));
  socket.on("close", (wasReset) => {
    context.log("info", "connection closed", { session: number, clientId: session?.clientId });
    if (session !== undefined) recordEvent(options, session, "CLOSED", "received", []);
    options.onEnd(wasReset);
  });
  context.log("info", "connection accepted", { session: number, fault });
  if (fault === "accept-close") {
    socket.destroy();
    return;
  }
  // Read and forget: the client's bytes must not pile up in the kernel.
  if (fault === "accept-silent") {
    socket.resume();
    return;
  }
  socket.on("data", (chunk: Buffer) => {
    let bytes: Buffer = chunk;
    if (stage.kind === "hello") {
      const seen = Buffer.concat([stage.bytes, chunk]);
      const hello = context.clock.inOneMoment(() => readHello(options, seen));
      if (hello.kind === "wait") {
        stage = { kind: "hello", bytes: hello.bytes };
        return;
      }
      if (hello.kind === "end") {
        socket.destroy();
        return;
      }
      session = hello.session;
      stage = { kind: "frames", intake: new Intake({ ...options, session }), reader: new FrameReader() };
      bytes = hello.rest;
    }
    readFrames(options, stage, bytes);
  });
}

type Stage =
  | { readonly kind: "hello"; readonly bytes: Buffer }
  | { readonly kind: "frames"; readonly intake: Intake; readonly reader: FrameReader };

type HelloResult =
  | { readonly kind: "wait"; readonly bytes: Buffer }
  | { readonly kind: "end" }
  | { readonly kind: "session"; readonly session: Session; readonly rest: Buffer };

function readHello(options: ConnectionOptions, bytes: Buffer): HelloResult {
  const { context, number, socket, frames } = options;
  const hello = parseHello(bytes);
  if (hello.kind === "incomplete") return { kind: "wait", bytes };
  if (hello.kind === "garbage") {
    context.log("warn", "connection does not speak the API protocol", { session: number, reason: hello.reason });
    return { kind: "end" };
  }
  const { forcedVersion, connection } = context.faults();
  const serverVersion = forcedVersion ?? negotiateVersion(hello, options.serverVersionMax);
  if (serverVersion === undefined) {
    context.log("warn", "connection closed: no server version that both sides speak", {
      session: number,
      client: `${hello.minVersion} to ${hello.maxVersion}`,
      gateway: `${oldestLayoutVersion} to ${options.serverVersionMax}`,
    });
    return { kind: "end" };
  }
  const session = new Session({
    number,
    serverVersion: Math.min(Math.max(serverVersion, oldestLayoutVersion), newestLayoutVersion),
    socket,
    record: (sender, fields) => {
      const { clientId } = sender;
      const marketEpochMs = context.clock.nowMs();
      frames.record({
        direction: "sent",
        session: number,
        clientId,
        machineMs: performance.now(),
        marketEpochMs,
        fields,
      });
    },
    onSent: ([id]) => {
      const name = responseName(Number(id));
      if (name !== undefined) context.see({ kind: "sent", message: name });
    },
    faults: context.faults,
    later: context.later,
    onCut: () => context.setFaults({ resetDuring: null }),
  });
  recordEvent(options, session, "HELLO", "received", [hello.text]);
  if (connection === "garbage") {
    session.sendEncoded(garbage());
  } else {
    const version = [serverVersion, connectionTimeText(context.clock.nowS())];
    recordEvent(options, session, "SERVER_VERSION", "sent", version);
    session.sendEncoded(encodeFrame(version));
  }
  return { kind: "session", session, rest: hello.rest };
}

/** Logs what is no message: it has no id, which the place of the first field stands for. */
function recordEvent(
  { context, frames, number }: ConnectionOptions,
  { clientId }: Session,
  name: SessionEvent,
  direction: "received" | "sent",
  fields: readonly Field[],
): void {
  const marketEpochMs = context.clock.nowMs();
  const machineMs = performance.now();
  frames.recordEvent(name, {
    direction,
    session: number,
    clientId,
    machineMs,
    marketEpochMs,
    fields: [0, ...fields],
  });
}

/** Noise with a believable length in front, so that a client tries to read it. */
function garbage(): string {
  const random = randomFrom("garbage");
  const noise = Array.from({ length: 400 }, () => String.fromCharCode(Math.floor(random.uniform() * 256)));
  return encodeFrame(["\u0001\u0002not a version", "\u0003"]) + noise.join("");
}

function readFrames(options: ConnectionOptions, stage: Stage, bytes: Buffer): void {
  if (stage.kind !== "frames" || bytes.length === 0) return;
  const { context, number, socket } = options;
  let received: string[][];
  try {
    received = stage.reader.push(bytes);
  } catch (error) {
    if (!(error instanceof FrameTooLargeError)) throw error;
    context.log("warn", "connection dropped", { session: number, reason: error.message });
    socket.destroy();
    return;
  }
  for (const fields of received) {
    if (socket.destroyed) return;
    context.clock.inOneMoment(() => stage.intake.take(fields));
  }
}
