import { z } from "zod";
import { type ResponseName, responseIds } from "../protocol/messages.ts";

/** What happens to connections (tws.md 7.2: each is a symptom a client must tell apart). */
const connectionFaults = [
  "none",
  /** Port closed: connection refused. */
  "refuse",
  /** Accepted and closed at once: a port forwarder with no gateway behind it. */
  "accept-close",
  /** Accepted, never a byte: a wedged gateway. */
  "accept-silent",
  /** Version frame, then nothing: no account, no id. */
  "version-only",
  /** Accounts, but no next valid id. */
  "no-next-valid-id",
  /** Ready, then requests are never answered and nothing is sent: a zombie session. Hits open sessions too. */
  "mute-after-ready",
  /** Noise instead of a version frame. */
  "garbage",
] as const;

/** Machine milliseconds, at most an hour. */
const delayMs = z.int().min(0).max(3_600_000);

const responseName = z.enum(Object.keys(responseIds) as [ResponseName, ...ResponseName[]], {
  error: "give the name of a gateway's message such as OPEN_ORDER (all of them: simulator/protocol/messages.ts)",
});

/** The way from TCP to a ready session. */
const sessionFaults = {
  connection: z.enum(connectionFaults),
  /** Sent as server version whatever the client asked for: below its minimum, or above its maximum. */
  forcedVersion: z.int().min(1).max(999).nullable(),
  /** How long a client id stays taken (326) once its connection ended: by a reset only, or in any way. */
  clientIdLinger: z.strictObject({ forMs: delayMs, after: z.enum(["reset", "any-end"]) }),
  /** What a request before START_API gets: nothing, or code 504. */
  beforeStartApi: z.enum(["ignore", "error-504"]),
  /** How long the next valid id takes to come after the accounts. */
  nextValidIdDelayMs: delayMs,
  /** Requests before the next valid id are answered, or ignored as some gateways do (stoqey/ib#162). */
  beforeNextValidId: z.enum(["answer", "ignore"]),
  /** TWS reports its farms at once (2104, 2106, 2158); Gateway connects each when it is first needed (2108, 2119 ...). */
  farms: z.enum(["at-once", "on-demand"]),
};

/** The bytes on the wire. */
const wireFaults = {
  /** Every write in pieces of so many bytes, with a pause between: partial frames, one-byte writes, a slow line. */
  writes: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("whole") }),
    z.strictObject({ kind: z.literal("pieces"), bytes: z.int().min(1).max(65_536), pauseMs: delayMs }),
  ]),
  /** The next message of this name is cut in the middle by a TCP reset, once. */
  resetDuring: responseName.nullable(),
  /** A message gets a field too many, or loses its last one (tws.md P10); "all" for every one. */
  mangle: z
    .strictObject({ message: z.union([responseName, z.literal("all")]), how: z.enum(["extra-field", "cut-short"]) })
    .nullable(),
  /** Refuse (320) what only a lenient reader takes: fields beyond the end of a message (tws.md P13). */
  strictParse: z.boolean(),
};

/** What flows without being asked for each time. */
const streamFaults = {
  /** "stopped": no ticks and no bars to anybody, as while the farms are gone. */
  streams: z.enum(["flowing", "stopped"]),
  /** Symbols of which nothing streams, while others go on; a new subscription does not help. */
  quietSymbols: z.array(z.string()),
  /** How long the history farm takes to answer a question for bars. */
  historyDelayMs: delayMs,
  /** "withheld": order reports and executions are kept back, and come when this is "at-once" again (tws.md 7.1). */
  reports: z.enum(["at-once", "withheld"]),
};

/** What happens to orders, and how they are reported. */
const orderFaults = {
  /** Every order is answered with this error instead of being taken; null for none. `times`: only so many. */
  rejectOrders: z
    .strictObject({
      code: z.int(),
      text: z.string(),
      times: z.int().min(1).optional(),
      /** Sent as it is, also when it is no JSON (tws.md P9). */
      advancedOrderRejectJson: z.string().optional(),
    })
    .nullable(),
  /** Orders and cancels get 321, reads are answered. */
  readOnlyApi: z.boolean(),
  /** Symbols that the account may not trade, as by a rule of its country: their orders get 203. */
  restrictedSymbols: z.array(z.string()),
  /** The "Master API client ID" of the gateway's settings: it hears of everybody's orders; null for none. */
  masterClientId: z.int().min(0).nullable(),
  /** Whether the account has the permission to trade US stocks; without it their orders get 460. */
  stockPermission: z.boolean(),
  /** Orders are read and vanish without a word, as those written just before a restart (Lean#242). */
  vanishOrders: z.boolean(),
  /** What happens to OPEN_ORDER and ORDER_STATUS when an order is placed. */
  orderAcks: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("normal") }),
    z.strictObject({ kind: z.literal("delay"), delayMs }),
    z.strictObject({ kind: z.literal("swallow") }),
  ]),
  /** Cut the socket of the next order's client, before the broker has it or after; then back to "none". */
  dropOnPlaceOrder: z.enum(["none", "before-accept", "after-accept"]),
  /** How many more times each execution and its commission are sent. */
  repeatExecutions: z.int().min(0).max(100),
  /** Told as the time of every execution, whatever it is; null for the true one. */
  executionTime: z.string().nullable(),
  /** How many more times each OPEN_ORDER and ORDER_STATUS is sent. */
  repeatOrderReports: z.int().min(0).max(100),
  /** An order that fills while it is placed is told by its execution alone, without an ORDER_STATUS. */
  omitStatusOfFastFills: z.boolean(),
  /** Executions come before the reports of the order they belong to. */
  executionsFirst: z.boolean(),
  /** How long a commission report comes after its execution. */
  commissionDelayMs: delayMs,
  /** How long after a trade its position is told. A list that is asked for is not held up. */
  positionDelayMs: delayMs,
  /** A cancel works, is never answered, or is overtaken by a fill of that share of what is left. */
  cancels: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("normal") }),
    z.strictObject({ kind: z.literal("ignore") }),
    z.strictObject({ kind: z.literal("fill-first"), delayMs, share: z.number().gt(0).max(1) }),
  ]),
};

/** Limits of a real gateway (tws.md 6.3). Those of time are counted on the machine's clock. */
const pacingFaults = {
  /** Above lines / 2 messages a second: let them pass, answer them later, or refuse with 100 and close at the third. */
  messagePacing: z.enum(["off", "queue", "reject"]),
  /** The rules for history and head time stamps (162), for real-time bars (420) and for single ticks (10190). */
  historicalPacing: z.boolean(),
  /** Market data lines; one more gets 101. */
  marketDataLinesMax: z.int().min(1).max(10_000),
};

/** What the account may see, and what it says. */
const accountFaults = {
  /**
   * "live"; "delayed": 354 for live, 10167 and delayed ticks for types 3 and 4; "none": 354, or 10168 for delayed;
   * "competing": a live session elsewhere has the data, 10197. History is refused (162) without "live". Open
   * subscriptions to quotes follow a change.
   */
  marketDataAccess: z.enum(["live", "delayed", "none", "competing"]),
  /** False: the account says accountReady=false and every amount is 0, as while the servers reset (Lean). */
  accountReady: z.boolean(),
};

/** Faults that can be switched on together; what is not named keeps its state. `POST /fault` takes this as JSON. */
export const faultsSchema = z.strictObject({
  ...sessionFaults,
  ...wireFaults,
  ...streamFaults,
  ...orderFaults,
  ...pacingFaults,
  ...accountFaults,
});

export type Faults = z.infer<typeof faultsSchema>;

export const noFaults: Faults = {
  connection: "none",
  forcedVersion: null,
  clientIdLinger: { forMs: 0, after: "any-end" },
  beforeStartApi: "ignore",
  nextValidIdDelayMs: 0,
  beforeNextValidId: "answer",
  farms: "at-once",
  writes: { kind: "whole" },
  resetDuring: null,
  mangle: null,
  strictParse: false,
  streams: "flowing",
  quietSymbols: [],
  historyDelayMs: 0,
  reports: "at-once",
  rejectOrders: null,
  readOnlyApi: false,
  restrictedSymbols: [],
  stockPermission: true,
  masterClientId: null,
  vanishOrders: false,
  orderAcks: { kind: "normal" },
  dropOnPlaceOrder: "none",
  repeatExecutions: 0,
  executionTime: null,
  repeatOrderReports: 0,
  omitStatusOfFastFills: false,
  executionsFirst: false,
  commissionDelayMs: 0,
  positionDelayMs: 0,
  cancels: { kind: "normal" },
  messagePacing: "off",
  historicalPacing: false,
  marketDataLinesMax: 100,
  marketDataAccess: "live",
  accountReady: true,
};
