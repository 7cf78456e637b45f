import { z } from "zod";
import type { Identity } from "./identity.ts";
import { modeSchema } from "./mode.ts";
import type { StreamName } from "./streams.ts";

/** The version of every schema in this folder; a payload with another version is a dead letter. */
export const SCHEMA_VERSION = 1;

/** Fields every message carries, so that one order can be followed from tick to fill. */
const envelopeFields = {
  schema: z.literal(SCHEMA_VERSION),
  /** Unique id of this message; also its `Nats-Msg-Id` where the stream deduplicates. */
  id: z
    .string()
    .min(1)
    .max(128)
    .regex(/^\P{Cc}+$/u, "must not hold control characters: it travels as a header"),
  source: z.string().min(1),
  mode: modeSchema,
  /** Market clock, epoch milliseconds; null while no gateway clock is known. */
  marketTime: z.number().int().nullable(),
  /** Machine clock, epoch milliseconds. */
  publishedAt: z.number().int(),
  /** Id of the message that led to this one; null for a first cause. */
  causedBy: z.string().nullable(),
};
const envelopeSchema = z.object({ ...envelopeFields, data: z.unknown() });

export type Envelope<Data> = Omit<z.infer<typeof envelopeSchema>, "data"> & { readonly data: Data };

/**
 * How a message travels:
 * - `core`: fire and forget; the newest is what counts;
 * - `ledger`: acknowledged and on the disk, in the one order in which things happened;
 * - `last-value`: acknowledged; only the newest per subject is kept;
 * - `outbox`: acknowledged and kept until delivered (alerts, dead letters);
 * - `request`: request and reply, nothing stored.
 */
export type Kind = "core" | "ledger" | "last-value" | "outbox" | "request";

export interface MessageType<
  Data extends z.ZodType = z.ZodType,
  Params extends readonly string[] = readonly string[],
  Reply extends z.ZodType = z.ZodType,
> {
  readonly name: string;
  /** The subject with its parameters named, e.g. `orders.approved.<clientOrderId>`. */
  readonly pattern: string;
  /** The subject with a wildcard for each parameter, for subscriptions and permissions. */
  readonly wildcard: string;
  readonly kind: Kind;
  readonly stream: StreamName | null;
  readonly publishers: readonly Identity[];
  /** Identities that may subscribe on core NATS (ledger readers use their durable consumer instead). */
  readonly subscribers: readonly Identity[];
  /**
   * Whether the publisher signs it and no reader takes it unsigned: everything that is acted on later or at once,
   * which is all but market data.
   */
  readonly signed: boolean;
  readonly description: string;
  readonly data: Data;
  readonly reply: Reply | null;
  readonly envelope: z.ZodType<Envelope<z.infer<Data>>>;
  subject(...params: Params): string;
}

interface Definition<Data extends z.ZodType, Params extends readonly string[], Reply extends z.ZodType> {
  readonly name: string;
  readonly prefix: string;
  readonly params: Params;
  readonly kind: Kind;
  readonly stream?: StreamName;
  readonly publishers: readonly Identity[];
  readonly subscribers?: readonly Identity[];
  /** Only for `core` messages, which are not signed by themselves. */
  readonly signed?: true;
  readonly description: string;
  readonly data: Data;
  readonly reply?: Reply;
}

/** Defines one message: its subject function, its schema, where it is kept and who may publish it. */
export function defineMessage<
  Data extends z.ZodType,
  const Params extends readonly string[],
  Reply extends z.ZodType = z.ZodNever,
>(definition: Definition<Data, Params, Reply>): MessageType<Data, { [K in keyof Params]: string }, Reply> {
  const tokens = [definition.prefix];
  return {
    name: definition.name,
    pattern: [...tokens, ...definition.params.map((param) => `<${param}>`)].join("."),
    wildcard: [...tokens, ...definition.params.map(() => "*")].join("."),
    kind: definition.kind,
    stream: definition.stream ?? null,
    publishers: definition.publishers,
    subscribers: definition.subscribers ?? [],
    signed: definition.signed ?? definition.kind !== "core",
    description: definition.description,
    data: definition.data,
    reply: definition.reply ?? null,
    envelope: z.object({ ...envelopeFields, data: definition.data }) as unknown as z.ZodType<Envelope<z.infer<Data>>>,
    subject: (...params) => [definition.prefix, ...params.map(encodeToken)].join("."),
  };
}

/**
 * Encodes one subject token. Symbols hold dots and spaces (`BRK B` at the broker), which NATS reads as separators:
 * everything outside letters, digits, `-` and `_` becomes `=` and two hex digits per UTF-8 byte.
 */
export function encodeToken(text: string): string {
  if (text === "") throw new RangeError("A subject token cannot be empty; pass the symbol, id or name it stands for.");
  return text.replace(/[^A-Za-z0-9_-]/gu, (character) =>
    Array.from(new TextEncoder().encode(character), (byte) => `=${byte.toString(16).padStart(2, "0")}`).join(""),
  );
}

/** The reverse of {@link encodeToken}. */
export function decodeToken(token: string): string {
  const bytes: number[] = [];
  for (let index = 0; index < token.length; index += 1) {
    if (token[index] === "=") {
      bytes.push(Number.parseInt(token.slice(index + 1, index + 3), 16));
      index += 2;
    } else {
      bytes.push(token.charCodeAt(index));
    }
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}
