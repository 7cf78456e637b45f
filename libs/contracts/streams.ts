import { SERVICES, type ServiceName } from "./identity.ts";

/** The streams of the platform. The setup identity creates them; no service may. */
export const STREAM_NAMES = ["LEDGER", "MARKET_DATA", "STATE", "ALERTS", "DEAD_LETTERS"] as const;
export type StreamName = (typeof STREAM_NAMES)[number];

export interface StreamDefinition {
  readonly name: StreamName;
  readonly description: string;
  readonly storage: "file" | "memory";
  readonly retention: "everything" | "last-per-subject";
  /** Bytes; at the limit a `file` stream refuses new messages (and says so) rather than dropping old ones. */
  readonly maxBytes: number;
  /** Days; 0 keeps for ever. */
  readonly maxAgeDays: number;
}

const MIB = 1024 * 1024;

export const STREAMS: readonly StreamDefinition[] = [
  {
    name: "LEDGER",
    description: "What happened, in the order in which it happened; every service's state is a fold over it",
    storage: "file",
    retention: "everything",
    maxBytes: 4096 * MIB,
    maxAgeDays: 0,
  },
  {
    name: "MARKET_DATA",
    description: "The newest message per market-data subject, for whoever starts later",
    storage: "memory",
    retention: "last-per-subject",
    maxBytes: 32 * MIB,
    maxAgeDays: 0,
  },
  {
    name: "STATE",
    description: "Snapshots and other last values",
    storage: "file",
    retention: "last-per-subject",
    maxBytes: 256 * MIB,
    maxAgeDays: 0,
  },
  {
    name: "ALERTS",
    description: "The alert outbox and its delivery receipts",
    storage: "file",
    retention: "everything",
    maxBytes: 256 * MIB,
    maxAgeDays: 90,
  },
  {
    name: "DEAD_LETTERS",
    description: "Payloads that failed their schema",
    storage: "file",
    retention: "everything",
    maxBytes: 64 * MIB,
    maxAgeDays: 90,
  },
];

export interface ConsumerDefinition {
  readonly stream: StreamName;
  /** Also the identity that may pull from it. */
  readonly durable: ServiceName;
  readonly filterSubjects: readonly string[];
  /** How many messages may be handed out and not yet acknowledged. */
  readonly maxAckPending: number;
}

const LEDGER_FILTERS: Record<ServiceName, readonly string[]> = {
  "gateway-bridge": [
    "orders.approved.*",
    "orders.event.*",
    "orders.cancel-standing",
    "fills.*",
    "account.position.*",
    "account.accepted.*",
    "account.foreign-order.*",
  ],
  strategy: ["orders.event.*", "fills.*", "orders.denied.*", "gateway.status", "risk.state"],
  risk: [
    "orders.approved.*",
    "orders.denied.*",
    "orders.event.*",
    "fills.*",
    "account.summary",
    "account.position.*",
    "account.accepted.*",
    "account.foreign-order.*",
    "gateway.status",
    "risk.state",
    "risk.close-out",
  ],
  notifier: ["orders.denied.*", "orders.event.*", "fills.*", "gateway.status", "risk.state", "account.summary"],
};

/** Durable pull consumers: the only way a running service reads a stream as it grows. */
export const CONSUMERS: readonly ConsumerDefinition[] = [
  ...SERVICES.map(
    (service): ConsumerDefinition => ({
      stream: "LEDGER",
      durable: service,
      filterSubjects: LEDGER_FILTERS[service],
      maxAckPending: 2048,
    }),
  ),
  // Wide, so that a critical alert is seen by the notifier behind a flood of information that waits for Discord.
  { stream: "ALERTS", durable: "notifier", filterSubjects: ["alerts.>"], maxAckPending: 1024 },
];

/** Subjects of the ledger that a service folds; everything else in the ledger is not its business. */
export const ledgerSubjectsOf = (service: ServiceName): readonly string[] => LEDGER_FILTERS[service];
