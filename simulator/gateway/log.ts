/** Where the simulated gateway tells what it does: one call, one line of the program's JSON log. */
export type Log = (level: "info" | "warn" | "error", message: string, detail?: Record<string, unknown>) => void;

/** For library use, where nobody asked for a log. */
export const silentLog: Log = () => undefined;
