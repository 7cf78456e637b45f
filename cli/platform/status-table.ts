import pc from "picocolors";
import type { Health } from "#libs/contracts/mod.ts";
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

/** The status as lines of a table: name, pid, up, memory, restarts, verdict, figures. */
export function statusTable(rows: readonly AppStatus[]): string[] {
  const cells = rows.map((row) => {
    const verdict = verdictOf(row);
    const figures = Object.entries(row.health?.figures ?? {}).map(([name, value]) => `${name} ${value}`);
    return {
      ok: verdict.ok,
      columns: [
        row.name,
        row.app?.pid ? String(row.app.pid) : "-",
        row.health ? duration(row.health.uptimeSeconds) : "-",
        row.health ? `${Math.round(row.health.memoryBytes / 1024 / 1024)} MB` : "-",
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
  return [
    pc.dim(line(head)),
    ...cells.flatMap((row) => [
      row.ok ? line(row.columns) : pc.yellow(line(row.columns)),
      ...(row.figures.length > 0 ? [pc.dim(`${" ".repeat((widths[0] ?? 0) + 2)}${row.figures.join(" · ")}`)] : []),
    ]),
  ];
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
