import { connect } from "node:net";
import type { IbcCommand } from "#libs/contracts/mod.ts";

/** Where IBC listens: it has no authentication, so it must be bound to this machine (`BindAddress=127.0.0.1`). */
const HOST = "127.0.0.1";
/** On the same machine a connection is there at once or not at all. */
const CONNECT_MS = 3000;
/** IBC answers RESTART after a walk through the gateway's menus; it waits up to 2 s for the minute to turn. */
const ANSWER_MS = 10_000;
/** IBC's answers are a few words; who sends more without an end of line is not IBC. */
const LINE_MAX = 4096;
const SHOWN_MAX = 200;

/** What came of a command, in a word for programs and in words for people. */
export interface IbcAnswer {
  /**
   * - `done`: IBC said OK.
   * - `refused`: IBC said ERROR.
   * - `unanswered`: the command was sent, and whether IBC acted on it is not known.
   * - `unreachable`: it was not sent.
   */
  readonly outcome: "done" | "refused" | "unanswered" | "unreachable";
  readonly detail: string;
}

export interface IbcDeadlines {
  readonly connectMs: number;
  readonly answerMs: number;
}

/**
 * Sends one command to IBC's command server and waits for its answer. Text over TCP: a verb a line, answered by
 * `OK ...` or `ERROR ...`; before that there may be `INFO ...` lines and a prompt without an end of line (windows.md
 * 1.5). Never throws: whatever happens is an answer that says what to do.
 */
export function askIbc(
  command: IbcCommand,
  port: number,
  { connectMs, answerMs }: IbcDeadlines = { connectMs: CONNECT_MS, answerMs: ANSWER_MS },
): Promise<IbcAnswer> {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port, noDelay: true });
    let sent = false;
    let heard = "";
    const end = (answer: IbcAnswer) => {
      clearTimeout(deadline);
      socket.removeAllListeners();
      // What it says from here on nobody waits for.
      socket.on("error", () => undefined);
      socket.destroySoon();
      resolve(answer);
    };
    let deadline = setTimeout(
      () => end(unreachable(`nothing accepted the connection to port ${port} within ${connectMs / 1000} s`, port)),
      connectMs,
    );
    socket.once("connect", () => {
      clearTimeout(deadline);
      deadline = setTimeout(() => end(silent(command, answerMs)), answerMs);
      sent = true;
      socket.write(`${command}\r\n`);
    });
    socket.on("data", (chunk: Buffer) => {
      heard += chunk.toString("latin1");
      const lines = heard.split(/\r?\n/);
      heard = lines.pop() ?? "";
      const answer = lines.map(answerIn).find((found) => found !== undefined);
      if (answer !== undefined) end(answer);
      else if (heard.length > LINE_MAX) end(notIbc(port));
    });
    // A last line without its end still counts: IBC closes right after its answer to RESTART.
    socket.once("end", () => end(answerIn(heard) ?? hungUp(command, port)));
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (sent) end(hungUp(command, port));
      else end(unreachable(`port ${port} is closed (${error.code ?? error.message})`, port));
    });
  });
}

/** The answer in a line; undefined for `INFO ...`, a prompt alone, or anything else. */
function answerIn(line: string): IbcAnswer | undefined {
  // The prompt is text of the operator's choice and stands before the answer on its line, with or without a blank.
  const [, verdict, rest = ""] = /(OK|ERROR|INFO)(?: (.*))?$/.exec(line) ?? [];
  if (verdict === undefined || verdict === "INFO") return undefined;
  const said = printable(rest);
  if (verdict === "OK") return { outcome: "done", detail: said === "" ? "IBC said OK" : `IBC said: ${said}` };
  return { outcome: "refused", detail: `IBC refused: ${said || "no reason given"}.${remedyFor(said)}` };
}

function remedyFor(said: string): string {
  if (/command invalid/i.test(said)) return " This IBC does not know the command: update it to 3.24.1.";
  if (/already in progress/i.test(said)) return " One is under way: wait for it.";
  return "";
}

const unreachable = (what: string, port: number): IbcAnswer => ({
  outcome: "unreachable",
  detail: `IBC's command server cannot be reached: ${what}. Is IBC running, and does its config.ini have CommandServerPort=${port}, without a blank behind it, and BindAddress=127.0.0.1? IBC reads it when it starts.`,
});

const silent = (command: IbcCommand, answerMs: number): IbcAnswer => ({
  outcome: "unanswered",
  detail: `IBC took ${command} and said nothing for ${answerMs / 1000} s; whether it acts on it is not known. It waits for the gateway's main window when nobody is logged in, or hangs with the gateway: look at the gateway's window.`,
});

const hungUp = (command: IbcCommand, port: number): IbcAnswer => ({
  outcome: "unanswered",
  detail: `IBC closed the connection without an answer to ${command}; whether it acts on it is not known. It turns away whom it does not trust: set BindAddress=127.0.0.1 in its config.ini, or add 127.0.0.1 to ControlFrom. Or another program listens on port ${port}.`,
});

const notIbc = (port: number): IbcAnswer => ({
  outcome: "unanswered",
  detail: `What listens on port ${port} does not speak like IBC: set IBC_COMMAND_PORT to CommandServerPort of IBC's config.ini.`,
});

const printable = (text: string): string =>
  text
    .replace(/[^\x20-\x7e]/g, "")
    .slice(0, SHOWN_MAX)
    .trim();
