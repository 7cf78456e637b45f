import { createHash } from "node:crypto";
import type { z } from "zod";
import type { Alert, ibcLogMessage } from "#libs/contracts/mod.ts";
import { takeLines } from "./lines.ts";
import { fileAfter, headOf, isSameFile, type LogFile, logFilesAt, readBytes } from "./log-files.ts";
import { classify } from "./meanings.ts";
import { type Finding, newsOf, nothingTold, type Told } from "./news.ts";

const POLL_MS = 1000;
const CHUNK_BYTES = 64 * 1024;
/** One look reads no more: the rest comes with the next ones, and nothing else waits meanwhile. */
const CHUNKS_A_LOOK_MAX = 16;
/** A first look at a log begins this far before its end: what waits for the operator now stands there. */
const FIRST_LOOK_BYTES = 256 * 1024;
/** IBC's script deletes last week's file and makes a new one: only a log that stays away is news. */
const AWAY_MS_MAX = 60_000;

export type LogPosition = z.infer<(typeof ibcLogMessage)["data"]>;

export interface LogWatchOptions {
  /** `IBC_LOG_PATH`: a file, or the folder of the logs. */
  readonly path: string;
  /** Where a bridge before this one stopped; null for none. */
  readonly position: LogPosition | null;
  /** That bridge told of trouble that a login ends. */
  readonly awaitsLogin: boolean;
  /** Resolve when it is on the disk. */
  readonly keepPosition: (position: LogPosition) => Promise<void>;
  readonly alert: (alert: Alert, id: string) => Promise<void>;
  /** A login failed, in words for the operator. */
  readonly onLoginTrouble: (text: string) => void;
  readonly onNote: (code: string, title: string) => void;
  readonly onFailure: (error: unknown) => void;
  readonly nowMs: () => number;
}

/** Reads IBC's log as it grows, and tells what the operator must know of it. Each line once, over all restarts. */
export class LogWatch {
  readonly #options: LogWatchOptions;
  /** Where each file was left: two programs may log to one folder in turns. */
  readonly #left = new Map<string, LogPosition>();
  #current: string | null;
  #inLongLine = false;
  #told: Told;
  #seen = false;
  #awaySinceMs: number | null = null;
  #awayTold = false;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: LogWatchOptions) {
    this.#options = options;
    this.#told = { ...nothingTold, awaitsLogin: options.awaitsLogin };
    this.#current = options.position?.file ?? null;
    if (options.position !== null) this.#left.set(options.position.file, options.position);
  }

  start(): void {
    const look = async () => {
      try {
        await this.look();
      } catch (error) {
        if (!this.#stopped) this.#options.onFailure(error);
      }
      if (!this.#stopped) this.#timer = setTimeout(look, POLL_MS);
    };
    void look();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Reads what is new. A log that cannot be read is told once, and looked for again. */
  async look(): Promise<void> {
    let files: LogFile[];
    try {
      files = await logFilesAt(this.#options.path);
    } catch (error) {
      await this.#isAway(reasonOf(error));
      return;
    }
    const newest = files.at(-1);
    if (newest === undefined) {
      await this.#isAway("it holds no file IBC-*.txt");
      return;
    }
    const isFirstLook = this.#current === null;
    let file: LogFile | undefined = files.find(({ name }) => name === this.#current) ?? newest;
    for (let chunks = 0; file !== undefined && chunks < CHUNKS_A_LOOK_MAX; chunks += 1) {
      const later = fileAfter(files, file);
      let isAtEnd: boolean;
      try {
        isAtEnd = await this.#read(file, isFirstLook, later === undefined);
      } catch (error) {
        if (!isFileError(error)) throw error;
        await this.#isAway(reasonOf(error));
        return;
      }
      if (isAtEnd) file = later;
    }
    this.#seen = true;
    this.#awaySinceMs = null;
    this.#awayTold = false;
  }

  /** Reads a piece of a file. True when that was its end. */
  async #read(file: LogFile, isFirstLook: boolean, mayGrow: boolean): Promise<boolean> {
    if (file.name !== this.#current) this.#inLongLine = false;
    this.#current = file.name;
    const offset = await this.#offsetIn(file, isFirstLook);
    const bytes = await readBytes(file, offset, CHUNK_BYTES);
    const isFull = bytes.length === CHUNK_BYTES;
    let taken = takeLines(bytes, this.#inLongLine, isFull || mayGrow);
    // A whole piece without an end of line.
    if (isFull && taken.consumed === 0) taken = takeLines(bytes, this.#inLongLine, false);
    this.#inLongLine = taken.inLongLine;
    const findings = taken.lines.flatMap(({ text, at }): Finding[] => {
      const meaning = classify(text);
      return meaning === null ? [] : [{ id: idOf(file.name, offset + at, text), meaning }];
    });
    await this.#tell(findings);
    const next = offset + taken.consumed;
    if (taken.consumed > 0 || !this.#left.has(file.name)) {
      const position = { file: file.name, head: await headOf(file, next), offset: next };
      await this.#options.keepPosition(position);
      this.#left.set(file.name, position);
    }
    return !isFull;
  }

  async #tell(findings: readonly Finding[]): Promise<void> {
    const { alert, onLoginTrouble, onNote, nowMs } = this.#options;
    for (const { meaning } of findings) onNote(meaning.code, meaning.title);
    const { news, told } = newsOf(findings, this.#told, nowMs());
    for (const item of news) {
      if (item.type === "trouble") onLoginTrouble(item.text);
      else await alert(item.alert, item.id);
    }
    this.#told = told;
  }

  /** Where to go on in a file: where it was left, unless it is another one by now. */
  async #offsetIn(file: LogFile, isFirstLook: boolean): Promise<number> {
    const left = this.#left.get(file.name);
    if (left !== undefined) {
      if (await isSameFile(file, left.head, left.offset)) return left.offset;
      this.#left.delete(file.name);
      this.#inLongLine = false;
      return 0;
    }
    if (!isFirstLook || file.size <= FIRST_LOOK_BYTES) return 0;
    // In the middle of a line, most likely.
    this.#inLongLine = true;
    return file.size - FIRST_LOOK_BYTES;
  }

  async #isAway(why: string): Promise<void> {
    const nowMs = this.#options.nowMs();
    this.#awaySinceMs ??= nowMs;
    if (this.#awayTold || (this.#seen && nowMs - this.#awaySinceMs < AWAY_MS_MAX)) return;
    this.#awayTold = true;
    await this.#options.alert(unreadable(this.#options.path, why), `ibc-log-away-${Math.round(nowMs)}`);
  }
}

/** The same line of the same file, read twice by a bridge that was killed in between, is one alert. */
const idOf = (file: string, at: number, text: string): string =>
  `ibc-log-${createHash("sha256").update(`${file}\n${at}\n${text}`).digest("hex").slice(0, 32)}`;

const isFileError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && "syscall" in error && "code" in error;

function reasonOf(error: unknown): string {
  if (!isFileError(error)) throw error;
  if (error.code === "ENOENT") return "it is not there";
  return error.code === "EACCES" || error.code === "EPERM" ? "it may not be read" : `it cannot be read (${error.code})`;
}

const unreadable = (path: string, why: string): Alert => ({
  severity: "warning",
  code: "IBC_LOG_UNREADABLE",
  title: "IBC's log cannot be read: login trouble would go unnoticed",
  text: `IBC_LOG_PATH is ${path}: ${why}. Set it to LOG_PATH of StartGateway.bat. It is looked for again every second; trading goes on without it.`,
  fields: [],
});
