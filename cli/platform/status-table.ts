import pc from "picocolors";
import type { Health } from "#libs/contracts/mod.ts";
import { wallNowMs } from "#libs/time/mod.ts";
import type { ManagedApp } from "./process-manager.ts";

/** What is known of one app: from PM2, and for a service from its heartbeat. */
export interface AppStatus {
  readonly name: string;
  readonly app: ManagedApp | undefined;
  readonly health: Health | undefined;
  /** Whether this app sends a heartbeat. */
  readonly isService: boolean;
}

/** `ok`, or the reason why not, in words. */
export function verdictOf(status: AppStatus): { readonly ok: boolean; readonly text: string } {
  const { app, health } = status;
  if (app === undefined) return { ok: false, text: "not running" };
  if (app.status !== "online") {
    return { ok: false, text: app.exitCode ? `${app.status} (exit code ${app.exitCode})` : app.status };
  }
  if (!status.isService) return { ok: true, text: "ok" };
  if (health === undefined) return { ok: false, text: "runs, but sends no heartbeat" };
  return { ok: health.status === "ok", text: health.detail ? `${health.status}: ${health.detail}` : health.status };
}

/**
 * The status as lines of a table: name, pid, up, memory, restarts, verdict, figures.
 *
 * @param width columns of the terminal, for the figures; a table that is piped somewhere has no limit but reading
 */
export function statusTable(rows: readonly AppStatus[], width: number = process.stdout.columns || 120): string[] {
  const cells = rows.map((row) => {
    const verdict = verdictOf(row);
    const figures = Object.entries(row.health?.figures ?? {}).map(([name, value]) => `${name} ${value}`);
    return {
      ok: verdict.ok,
      columns: [
        row.name,
        row.app?.pid ? String(row.app.pid) : "-",
        upOf(row),
        memoryOf(row),
        String(row.app?.restarts ?? 0),
        verdict.text,
      ],
      figures,
    };
  });
  const head = ["app", "pid", "up", "memory", "restarts", "state"];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => row.columns[column]?.length ?? 0)),
  );
  const line = (columns: readonly string[]) =>
    columns.map((text, column) => (column === columns.length - 1 ? text : text.padEnd(widths[column] ?? 0))).join("  ");
  const indent = " ".repeat((widths[0] ?? 0) + 2);
  return [
    pc.dim(line(head)),
    ...cells.flatMap((row) => [
      row.ok ? line(row.columns) : pc.yellow(line(row.columns)),
      ...wrapped(row.figures, width - indent.length).map((figures) => pc.dim(`${indent}${figures}`)),
    ]),
  ];
}

/** A service tells it in its heartbeat; of the others PM2 knows it. */
function upOf({ app, health }: AppStatus): string {
  if (health) return duration(health.uptimeSeconds);
  return app?.startedAt ? duration(Math.max(0, Math.round((wallNowMs() - app.startedAt) / 1000))) : "-";
}

function memoryOf({ app, health }: AppStatus): string {
  const bytes = health?.memoryBytes ?? app?.memoryBytes;
  return bytes ? `${Math.round(bytes / 1024 / 1024)} MB` : "-";
}

/** As many of the parts in a line as fit, at least one. */
function wrapped(parts: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    const longer = `${last} · ${part}`;
    if (last !== undefined && longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return lines;
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
