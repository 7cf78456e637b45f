import type { Socket } from "node:net";
import { connectionTimeText } from "../market/new-york.ts";
import { randomFrom } from "../market/random.ts";
import { encodeFrame, FrameReader, FrameTooLargeError } from "../protocol/frame.ts";
import { negotiateVersion, parseHello } from "../protocol/handshake.ts";
import { parseRequest } from "../protocol/requests.ts";
import { errorMessage } from "../protocol/responses.ts";
import type { GatewayContext } from "./context.ts";
import { dispatch } from "./dispatch.ts";
import type { FrameLog } from "./frame-log.ts";
import { welcome } from "./general-requests.ts";
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
  readonly onEnd: (session: Session | undefined) => void;
}

/** Drives one TCP connection: hello, negotiation, START_API, then requests. */
export function serveConnection(options: ConnectionOptions): void {
  const { socket, context, number } = options;
  const { connection: fault } = context.faults();
  let session: Session | undefined;
  let stage: Stage = { kind: "hello", bytes: Buffer.alloc(0) };
  socket.on("error", (error) => context.log("info", "socket error", { session: number, reason: error.message }));
  socket.on("close", () => {
    context.log("info", "connection closed", { session: number, clientId: session?.clientId });
    options.onEnd(session);
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
      const hello = readHello(options, Buffer.concat([stage.bytes, chunk]));
      if (hello.kind === "wait") {
        stage = { kind: "hello", bytes: hello.bytes };
        return;
      }
      if (hello.kind === "end") {
        socket.destroy();
        return;
      }
      session = hello.session;
      stage = { kind: "frames", session: hello.session, reader: new FrameReader() };
      bytes = hello.rest;
    }
    readFrames(options, stage, bytes);
  });
}

type Stage =
  | { readonly kind: "hello"; readonly bytes: Buffer }
  | { readonly kind: "frames"; readonly session: Session; readonly reader: FrameReader };

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
  const serverVersion = negotiateVersion(hello, options.serverVersionMax);
  if (serverVersion === undefined) {
    const { minVersion, maxVersion } = hello;
    context.log("warn", "no common version", { session: number, minVersion, maxVersion });
    return { kind: "end" };
  }
  const session = new Session({
    number,
    serverVersion,
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
    isMute: () => context.faults().connection === "mute-after-ready",
  });
  if (context.faults().connection === "garbage") session.sendEncoded(garbage());
  else session.sendEncoded(encodeFrame([serverVersion, connectionTimeText(context.clock.nowS())]));
  return { kind: "session", session, rest: hello.rest };
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
    readFrame(options, stage.session, fields);
  }
}

function readFrame(options: ConnectionOptions, session: Session, fields: readonly string[]): void {
  const { context, frames, number } = options;
  const machineMs = performance.now();
  const { clientId } = session;
  const marketEpochMs = context.clock.nowMs();
  frames.record({ direction: "received", session: number, clientId, machineMs, marketEpochMs, fields });
  options.advance();
  if (clientId !== undefined) {
    if (context.faults().connection === "mute-after-ready") return;
    try {
      dispatch(context, session, clientId, fields, machineMs);
    } catch (error) {
      // Whatever one client sends, the others keep their gateway: the fault is logged and answered, not passed on.
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      context.log("error", "request failed", { session: number, fields, reason });
      session.send(errorMessage(-1, 320, "Error reading request. See the log of the simulated gateway."));
    }
    return;
  }
  const parsed = parseRequest(fields, session.serverVersion);
  if (parsed.kind !== "request" || parsed.request.name !== "START_API") {
    // The stoqey client can leak queued requests into a new connection before START_API (tws.md P2).
    context.log("warn", "message before START_API ignored", { session: number, id: fields[0] });
    return;
  }
  startApi(options, session, parsed.request.clientId);
}

function startApi(options: ConnectionOptions, session: Session, clientId: number): void {
  const { context, number } = options;
  if (context.faults().connection === "version-only") return;
  if (!options.claimClientId(session, clientId)) {
    context.log("warn", "client id in use", { session: number, clientId });
    const text = "Unable to connect as the client id is already in use. Retry with a unique client id.";
    session.send(errorMessage(-1, 326, text));
    session.close();
    return;
  }
  context.log("info", "session ready", { session: number, clientId, serverVersion: session.serverVersion });
  welcome(context, session, clientId);
}
