import { connect, createServer } from "node:net";
import { z } from "zod";

/** What is found when somebody knocks at 127.0.0.1:port. */
export type PortAnswer =
  | { kind: "free" }
  | { kind: "nats"; serverName: string; version: string; jetstream: boolean }
  /** Something accepts connections and is no NATS server; `greeting` is how its first line begins, if it said any. */
  | { kind: "foreign"; greeting: string }
  /** The system does not let this process listen there. */
  | { kind: "forbidden"; reason: string };

const ServerInfo = z.object({ server_name: z.string(), version: z.string(), jetstream: z.boolean().default(false) });

/** A NATS server speaks first, at once. On Windows a refused dial on loopback may take two seconds. */
const ANSWER_TIMEOUT_MS = 3_000;
const FIRST_LINE_BYTES_MAX = 64 * 1024;
const GREETING_CHARACTERS_MAX = 60;

/** Finds out who listens, by connecting and, if nobody answers, by trying to listen. */
export async function probePort(port: number): Promise<PortAnswer> {
  return (await knock(port)) ?? (await tryToListen(port));
}

/** Finds out who listens, by connecting alone, so that a server that is about to listen can. Nothing when nobody does. */
export async function knock(port: number): Promise<PortAnswer | undefined> {
  const firstLine = await readFirstLine(port);
  return firstLine === undefined ? undefined : parseFirstLine(firstLine);
}

/** The greeting of a NATS server is `INFO {json}`. */
export function parseFirstLine(line: string): PortAnswer {
  const json = /^INFO (\{.*\})\s*$/.exec(line)?.[1];
  if (json !== undefined) {
    const info = ServerInfo.safeParse(parseJson(json));
    if (info.success) {
      const { server_name, version, jetstream } = info.data;
      return { kind: "nats", serverName: server_name, version, jetstream };
    }
  }
  return {
    kind: "foreign",
    greeting: line
      .trimEnd()
      .replace(/[^\x20-\x7e]/g, "?")
      .slice(0, GREETING_CHARACTERS_MAX),
  };
}

/** @returns `undefined` when the connection is refused, an empty string when the other side keeps silent */
function readFirstLine(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    let received = "";
    let connected = false;
    const finish = (line: string | undefined) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(line);
    };
    const timer = setTimeout(() => finish(received), ANSWER_TIMEOUT_MS);
    socket.setEncoding("utf8");
    socket.once("connect", () => {
      connected = true;
    });
    socket.on("data", (text: string) => {
      received += text;
      const end = received.indexOf("\n");
      if (end >= 0) finish(received.slice(0, end));
      else if (received.length > FIRST_LINE_BYTES_MAX) finish(received);
    });
    socket.once("end", () => finish(received));
    socket.once("error", () => finish(connected ? received : undefined));
  });
}

function tryToListen(port: number): Promise<PortAnswer> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve({ kind: "foreign", greeting: "" });
      else resolve({ kind: "forbidden", reason: error.message });
    });
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => server.close(() => resolve({ kind: "free" })));
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
