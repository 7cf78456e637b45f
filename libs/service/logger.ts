import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import pino, { type Logger } from "pino";
import buildRollingStream from "pino-roll";

export type { Logger };

export interface LoggerOptions {
  readonly name: string;
  readonly mode: string;
  readonly level: string;
  /** Path of a log file besides standard output; empty for none. Rotated by size, numbered. */
  readonly file: string;
  readonly maxBytes: number;
  readonly backupCount: number;
  /** Values that must never be written, wherever they turn up: each is replaced in the finished line. */
  readonly secrets: readonly string[];
}

/** JSON lines on standard output (which PM2 keeps), and in a rotated file when one is configured. */
export async function createLogger(options: LoggerOptions): Promise<Logger> {
  const secrets = options.secrets
    .filter((secret) => secret !== "")
    .map((secret) => JSON.stringify(secret).slice(1, -1));
  const streams: pino.StreamEntry[] = [{ level: "trace", stream: pino.destination({ dest: 1, sync: true }) }];
  if (options.file !== "") {
    mkdirSync(dirname(options.file), { recursive: true });
    streams.push({
      level: "trace",
      stream: await buildRollingStream({
        // One file a service: two writers would rotate it under each other.
        file: options.file.replace(/(\.log)?$/, `.${options.name}`),
        extension: ".log",
        size: `${Math.max(1, Math.round(options.maxBytes / 1024))}k`,
        limit: { count: options.backupCount },
        sync: true,
      }),
    });
  }
  return pino(
    {
      level: options.level,
      base: { service: options.name, mode: options.mode },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: {
        streamWrite: (line) => secrets.reduce((text, secret) => text.replaceAll(secret, "[secret]"), line),
      },
    },
    pino.multistream(streams),
  );
}
