/** Base of the errors of the risk service: a code for programs, a sentence with the fix for people. */
export class RiskError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(`${code}: ${message}`);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The bus is away: nothing can be recorded, so nothing is decided. */
export class BusAwayError extends RiskError {
  constructor() {
    super("BUS_AWAY", "The bus is away, so no order is decided. Ask again when it is back, under the same order id.");
  }
}

/** The ledger did not acknowledge an approval in time. It may hold it, and the order may be sent because of it. */
export class DecisionUnknownError extends RiskError {
  constructor(clientOrderId: string, deadlineMs: number) {
    super(
      "DECISION_UNKNOWN",
      `The ledger did not acknowledge the decision on ${clientOrderId} within ${deadlineMs} ms. Follow orders.event.${clientOrderId}, or ask again under the same id; never under another.`,
    );
  }
}

/** The ledger could not be read to its end in time, and no order is denied for what may stand in the unread part. */
export class LedgerUnreadError extends RiskError {
  constructor(clientOrderId: string, deadlineMs: number) {
    super(
      "LEDGER_UNREAD",
      `The ledger could not be read to its end within ${deadlineMs} ms, so ${clientOrderId} is not decided. Ask again under the same order id.`,
    );
  }
}
