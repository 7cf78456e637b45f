/**
 * Everything that can go wrong between "start" and "the bus listens". Each message says what, where and what to do;
 * `code` is for programs. A `ConfigurationError` does not heal by a restart, so PM2 must not try again (exit code 78).
 */
export class NatsSetupError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A restart will not heal it: the operator must change something. */
export class ConfigurationError extends NatsSetupError {}

/** What one source of the nats-server binary tried, and why it did not help. */
export type Attempt = { source: string; code: string; problem: string; remedy: string };

export class NatsServerNotFoundError extends ConfigurationError {
  readonly attempts: readonly Attempt[];

  constructor(attempts: readonly Attempt[]) {
    const lines = attempts.map(
      ({ source, code, problem, remedy }) => `  - ${source}: ${problem} [${code}]\n      ${remedy}`,
    );
    super("NATS_SERVER_NOT_FOUND", `No usable nats-server was found. Tried, in this order:\n${lines.join("\n")}`);
    this.attempts = attempts;
  }
}

export class NatsServerTooOldError extends ConfigurationError {
  constructor(message: string) {
    super("NATS_SERVER_TOO_OLD", message);
  }
}

export class NatsServerWrongHashError extends ConfigurationError {
  constructor(what: string, expected: string, actual: string, remedy: string) {
    super("NATS_SERVER_WRONG_HASH", `${what} has SHA-256 ${actual}, expected ${expected}. ${remedy}`);
  }
}

/** The file exists but does not behave like a nats-server. */
export class NatsServerUnusableError extends ConfigurationError {
  constructor(message: string, options?: ErrorOptions) {
    super("NATS_SERVER_UNUSABLE", message, options);
  }
}

/** A download or a package manager failed; another source may still help. */
export class NatsFetchError extends ConfigurationError {
  readonly remedy: string;

  constructor(problem: string, remedy: string, options?: ErrorOptions) {
    super("NATS_FETCH_FAILED", problem, options);
    this.remedy = remedy;
  }
}

/** Another launcher or server is alive on this very store. */
export class NatsStoreInUseError extends ConfigurationError {
  constructor(message: string) {
    super("NATS_STORE_IN_USE", message);
  }
}

export class NatsPortTakenError extends ConfigurationError {
  constructor(message: string, options?: ErrorOptions) {
    super("NATS_PORT_TAKEN", message, options);
  }
}

export class NatsStoreNotWritableError extends ConfigurationError {
  constructor(directory: string, cause: unknown) {
    super(
      "NATS_STORE_NOT_WRITABLE",
      `The store directory ${directory} cannot be written (${describe(cause)}). Give this user write permission on it, free the disk, or point DATA_DIR at another folder.`,
      { cause },
    );
  }
}

/** A seed file that holds something else. The message never contains what the file holds. */
export class NatsIdentityError extends ConfigurationError {
  constructor(message: string, options?: ErrorOptions) {
    super("NATS_IDENTITY_INVALID", message, options);
  }
}

/** The server was started and did not come up; the next attempt may work. */
export class NatsServerStartError extends NatsSetupError {
  constructor(message: string, options?: ErrorOptions) {
    super("NATS_SERVER_START_FAILED", message, options);
  }
}

/** One line for a message, whatever was thrown. */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return `${error.message}${cause}`;
}

/** Whether a file or network operation failed in this way, for example `ENOENT`. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
