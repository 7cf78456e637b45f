import { z } from "zod";

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

/** Faults that can be switched on together; what is not named keeps its state. `POST /fault` takes this as JSON. */
export const faultsSchema = z
  .object({
    connection: z.enum(connectionFaults),
    /** Every order is answered with this error instead of being taken; null for none. */
    rejectOrders: z.object({ code: z.number().int(), text: z.string() }).strict().nullable(),
    /** What happens to OPEN_ORDER and ORDER_STATUS when an order is placed. */
    orderAcks: z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("normal") }).strict(),
      z.object({ kind: z.literal("delay"), delayMs: z.number().int().min(0).max(600_000) }).strict(),
      z.object({ kind: z.literal("swallow") }).strict(),
    ]),
    /** Cut the socket of the next order's client, before the broker has it or after; then back to "none". */
    dropOnPlaceOrder: z.enum(["none", "before-accept", "after-accept"]),
    /** How many more times each execution and its commission are sent. */
    repeatExecutions: z.number().int().min(0).max(100),
  })
  .strict();

export type Faults = z.infer<typeof faultsSchema>;

export const noFaults: Faults = {
  connection: "none",
  rejectOrders: null,
  orderAcks: { kind: "normal" },
  dropOnPlaceOrder: "none",
  repeatExecutions: 0,
};
