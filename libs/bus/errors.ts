/** Base of every error the bus raises: a code for programs, a sentence with the fix for people. */
export class BusError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** Nobody serves the subject: the other service is down. Known at once, without waiting. */
export class NoResponderError extends BusError {
  constructor(subject: string, options?: ErrorOptions) {
    super("NO_RESPONDER", `Nobody answers ${subject}: the service that serves it is not running.`, options);
  }
}

/** No reply: the other service is slow or gone, or the bus went away meanwhile. Whether it acted is not known. */
export class RequestTimeoutError extends BusError {
  /** @param waited milliseconds, or that nothing more was to be waited for */
  constructor(subject: string, waited: number | "bus-away", options?: ErrorOptions) {
    const why = waited === "bus-away" ? "the bus is away" : `not within ${waited} ms`;
    super("REQUEST_TIMEOUT", `No reply on ${subject}: ${why}.`, options);
  }
}

/** The serving side refused the request; `remoteCode` says why. */
export class RemoteError extends BusError {
  readonly remoteCode: string;
  constructor(subject: string, remoteCode: string, message: string) {
    super("REMOTE_ERROR", `${subject} refused the request: ${remoteCode}: ${message}`);
    this.remoteCode = remoteCode;
  }
}

/** NATS refused the publication: this identity may not write there (law 1). */
export class PermissionDeniedError extends BusError {
  constructor(subject: string, options?: ErrorOptions) {
    super("PERMISSION_DENIED", `This identity may not publish on ${subject}.`, options);
  }
}

/** The message does not fit its own schema; nothing was sent. */
export class InvalidMessageError extends BusError {
  constructor(subject: string, reason: string) {
    super("INVALID_MESSAGE", `Refused to publish on ${subject}: ${reason}`);
  }
}

/** The stream is at its byte limit and refuses new messages rather than dropping old ones. */
export class StreamFullError extends BusError {
  constructor(stream: string, options?: ErrorOptions) {
    super(
      "STREAM_FULL",
      `Stream ${stream} is at its size limit and takes nothing new. Archive the store directory of this mode and start with an empty one, or raise the limit in libs/contracts/streams.ts.`,
      options,
    );
  }
}

/** Too many records wait for a bus that is away; the oldest are kept, this one was refused. */
export class BacklogFullError extends BusError {
  constructor(stream: string, limit: number) {
    super("BACKLOG_FULL", `${limit} messages already wait to be recorded in ${stream}; this one was refused.`);
  }
}

/** The bus was closed while the operation waited. */
export class BusClosedError extends BusError {
  constructor() {
    super("BUS_CLOSED", "The connection to the bus is closed.");
  }
}

/** A fact of the ledger could not be applied: a defect of the fold, since the fact fits its schema. */
export class UnappliedFactError extends BusError {
  constructor(sequence: number, subject: string, options?: ErrorOptions) {
    super(
      "UNAPPLIED_FACT",
      `The fact at ledger sequence ${sequence} (${subject}) could not be applied; nothing after it is. This is a defect: report it with the cause below.`,
      options,
    );
  }
}

/** The ledger lost its end while the service ran: the server came back with less than it had acknowledged. */
export class LedgerMovedError extends BusError {
  constructor(remembered: number, found: number) {
    super(
      "LEDGER_MOVED",
      `The ledger ends at ${found} and no longer holds what this service read at ${remembered}. The service starts anew, which stops entries until the store is restored from its backup.`,
    );
  }
}
