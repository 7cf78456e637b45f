import { createServer, type Socket } from "node:net";

export interface FakeIbcOptions {
  /** `CommandPrompt`: written without an end of line, after each answer and at the start. */
  readonly prompt?: string;
  /** `SuppressInfoMessages=no`. */
  readonly info?: boolean;
  /** Whom `ControlFrom` lets in: others are closed without a word. */
  readonly admits?: boolean;
  /** Verbs it knows; an older IBC knows fewer. */
  readonly knows?: readonly string[];
  /** It reads and never answers, as it does while it waits for the gateway's main window. */
  readonly mute?: boolean;
  /** Bytes at a time, to cut answers apart. */
  readonly chunk?: number;
  readonly onCommand?: (command: string) => void;
}

export interface FakeIbc {
  readonly port: number;
  /** Every line it was sent, blank ones left out. */
  readonly commands: readonly string[];
  /** The gateway, and IBC with it, runs anew: the restart that was under way is over. */
  restarted(): void;
  close(): Promise<void>;
}

const VERBS = ["STOP", "RESTART", "PAUSE", "ENABLEAPI", "RECONNECTDATA", "RECONNECTACCOUNT", "EXIT"];

/**
 * IBC's command server as its source describes it (windows.md 1.5): one verb a line in any case, `OK` with a blank
 * behind it even when there is nothing to add, a prompt without an end of line, and the connection closed by itself
 * after RESTART.
 */
export async function startFakeIbc(options: FakeIbcOptions = {}): Promise<FakeIbc> {
  const { prompt = "", info = false, admits = true, knows = VERBS, mute = false, chunk, onCommand } = options;
  const commands: string[] = [];
  const sockets = new Set<Socket>();
  let restarting = false;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    if (!admits) return socket.destroy();
    const write = (text: string) => {
      for (let at = 0; at < text.length; at += chunk ?? text.length)
        socket.write(text.slice(at, at + (chunk ?? text.length)));
    };
    const answer = (command: string) => {
      const verb = command.toUpperCase();
      if (!knows.includes(verb)) return write("ERROR Command invalid\r\n");
      if (verb === "ENABLEAPI") return write("ERROR ENABLEAPI is not valid for the IB Gateway\r\n");
      if (verb === "RESTART") {
        write(restarting ? "ERROR RESTART already in progress\r\n" : "OK RESTART at 04:31 PM\r\n");
        restarting = true;
        return socket.end();
      }
      if (verb === "EXIT") {
        write("OK Goodbye\r\n");
        return socket.end();
      }
      write("OK \r\n");
    };
    if (info) write("INFO IBC Command Server\r\n");
    write(prompt);
    let unread = "";
    socket.on("data", (data) => {
      unread += data.toString();
      const lines = unread.split(/\r?\n/);
      unread = lines.pop() ?? "";
      for (const command of lines.map((line) => line.trim()).filter(Boolean)) {
        commands.push(command);
        onCommand?.(command);
        if (mute) continue;
        answer(command);
        if (!socket.writableEnded) write(prompt);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    port: address.port,
    commands,
    restarted: () => {
      restarting = false;
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
