import pc from "picocolors";
import type { TimelineEntry, Tone } from "./timeline.ts";

const PAINT: Record<Tone, (text: string) => string> = {
  plain: (text) => text,
  good: pc.green,
  bad: pc.red,
  warn: pc.yellow,
  dim: pc.dim,
  strong: pc.cyan,
};

/** Where the demo tells its story: in a terminal with colour and a progress line in place, else as plain lines. */
export class Screen {
  readonly #out: NodeJS.WriteStream;
  #progress = "";

  constructor(out: NodeJS.WriteStream = process.stdout) {
    this.#out = out;
  }

  get interactive(): boolean {
    return this.#out.isTTY === true;
  }

  line(text = ""): void {
    this.#erase();
    this.#out.write(`${text}\n`);
    this.#draw();
  }

  entry(entry: TimelineEntry): void {
    const paint = PAINT[entry.tone];
    this.line(`${pc.dim(entry.time)}  ${paint(entry.kind.padEnd(9))} ${paint(entry.text)}`);
  }

  /** Replaces the progress line; shown only in a terminal. */
  progress(text: string): void {
    if (!this.interactive) return;
    this.#erase();
    this.#progress = text.slice(0, Math.max(10, (this.#out.columns ?? 80) - 1));
    this.#draw();
  }

  endProgress(): void {
    this.#erase();
    this.#progress = "";
  }

  #erase(): void {
    if (this.interactive && this.#progress !== "") this.#out.write("\r\u001b[2K");
  }

  #draw(): void {
    if (this.interactive && this.#progress !== "") this.#out.write(pc.inverse(this.#progress));
  }
}
