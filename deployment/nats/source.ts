import type { Attempt } from "./errors.ts";

/** A nats-server that was run with `-v` and is new enough. */
export type FoundServer = { path: string; version: string; source: string };

/** What the search knows about this machine; tests pass their own. */
export type Search = {
  /** NATS_SERVER_PATH: when given, nothing else is tried. */
  serverPath: string | undefined;
  /** Where fetched binaries are kept, one folder a version. */
  binariesDir: string;
  platform: NodeJS.Platform;
  arch: string;
  /** The folders of the PATH variable, in order. */
  searchPath: readonly string[];
  /** Told before a step that takes seconds. */
  onProgress: (message: string) => void;
};

export type Outcome = { kind: "found"; server: FoundServer } | { kind: "missed"; attempts: readonly Attempt[] };

/** One place a nats-server may come from. What it throws is recorded as its attempt. */
export type Source = {
  name: string;
  find: (search: Search) => Promise<Outcome>;
};

export function missed(attempt: Attempt): Outcome {
  return { kind: "missed", attempts: [attempt] };
}

export function binaryName(platform: NodeJS.Platform): string {
  return platform === "win32" ? "nats-server.exe" : "nats-server";
}
