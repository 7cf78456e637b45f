export type LogLevel = "debug" | "info" | "warn" | "error" | "fatal";

export type LogLine = { level: LogLevel; message: string };

const LEVELS: Readonly<Record<string, LogLevel>> = {
  TRC: "debug",
  DBG: "debug",
  INF: "info",
  WRN: "warn",
  ERR: "error",
  FTL: "fatal",
};

/**
 * One line of nats-server's log, `[pid] 2026/11/22 23:20:11.600000 [INF] text`. Anything else it prints (a panic) is an
 * error as it stands. @returns `undefined` for empty lines and for the banner, which is drawn in the log
 */
export function parseServerLog(line: string): LogLine | undefined {
  const match = /^\[\d+\] \S+ \S+ \[([A-Z]{3})\] ?(.*)$/.exec(line);
  const message = (match?.[2] ?? line).trim();
  if (/^[\s_|/\\,.'-]*$/.test(message)) return undefined;
  return { level: LEVELS[match?.[1] ?? "ERR"] ?? "error", message };
}
