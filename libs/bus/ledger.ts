import type { ConsumerMessages } from "@nats-io/jetstream";
import type { z } from "zod";
import {
  type Envelope,
  ledgerSubjectsOf,
  type MessageType,
  matches,
  messageOf,
  type ServiceName,
  snapshotMessage,
} from "#libs/contracts/mod.ts";
import type { Bus } from "./bus.ts";
import { readBatch } from "./direct-read.ts";
import { SIGNATURE_HEADER } from "./signature.ts";

/** Messages the server may hand out ahead of the fold. */
const READ_AHEAD = 256;
const SNAPSHOT_EVERY_EVENTS = 500;

/** One fact of the ledger. Narrow it with {@link LedgerEvent.as}. */
export interface LedgerEvent {
  readonly sequence: number;
  readonly subject: string;
  readonly envelope: Envelope<unknown>;
  /** The envelope, typed, when this event is of that message; else undefined. */
  as<Data extends z.ZodType, P extends readonly string[]>(
    message: MessageType<Data, P>,
  ): Envelope<z.infer<Data>> | undefined;
}

/** How the ledger compares with what the snapshot remembers of it. */
export type LedgerIntegrity =
  | { readonly ok: true }
  | { readonly ok: false; readonly remembered: number; readonly found: number; readonly lost: number };

export interface FoldOptions<State> {
  readonly service: ServiceName;
  /** Version of the state's shape; a snapshot of another version is ignored. */
  readonly stateVersion: number;
  readonly initial: () => State;
  /** Applies one event. Must be a pure function of its arguments, and idempotent by business key. */
  readonly apply: (state: State, event: LedgerEvent) => State;
  /** The state as JSON, and back; absent when the state is JSON as it is. */
  readonly save: (state: State) => z.core.util.JSONType;
  readonly load: (json: z.core.util.JSONType) => State;
  /** Called after an event that came after the first catch-up was applied; must not throw. */
  readonly onLive?: (event: LedgerEvent, state: State) => void;
}

/**
 * A service's state as a fold over the ledger: `state = events.reduce(apply, snapshot)`.
 *
 * It starts from the snapshot, reads on from there by direct get (which needs no consumer), and then follows the
 * service's durable consumer. Sequence numbers decide what is new, so that a redelivery, a reset consumer or a bounce
 * of the server applies nothing twice and misses nothing: every return of the bus reads the gap first.
 */
export class LedgerFold<State> {
  readonly #bus: Bus;
  readonly #options: FoldOptions<State>;
  #state: State;
  #sequence = 0;
  #live = false;
  #sinceSnapshot = 0;
  #integrity: LedgerIntegrity = { ok: true };
  #turn: Promise<void> = Promise.resolve();
  #messages: ConsumerMessages | undefined;
  #stopWatching: () => void = () => undefined;
  #stopped = false;

  private constructor(bus: Bus, options: FoldOptions<State>) {
    this.#bus = bus;
    this.#options = options;
    this.#state = options.initial();
  }

  /** Resolves when the state includes everything that was in the ledger at the time of the call. */
  static async open<State>(bus: Bus, options: FoldOptions<State>): Promise<LedgerFold<State>> {
    const fold = new LedgerFold(bus, options);
    await fold.#restore();
    await fold.#catchUp();
    fold.#live = true;
    fold.#stopWatching = bus.onChange((up) => {
      if (up) fold.#schedule(() => fold.#catchUp());
    });
    void fold.#follow();
    return fold;
  }

  get state(): State {
    return this.#state;
  }

  /** The newest sequence the state includes. For comparing with the ledger's end; never an id. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Whether the ledger still holds what the snapshot had seen (architecture section 4). */
  get integrity(): LedgerIntegrity {
    return this.#integrity;
  }

  async saveSnapshot(): Promise<void> {
    const { service, stateVersion, save } = this.#options;
    this.#sinceSnapshot = 0;
    await this.#bus.record(snapshotMessage, [service], {
      service,
      stateVersion,
      lastSequence: this.#sequence,
      state: save(this.#state),
    });
  }

  /** Stops following and saves a snapshot. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#stopWatching();
    this.#messages?.stop();
    await this.#turn;
    if (this.#bus.up) await this.saveSnapshot();
  }

  async #restore(): Promise<void> {
    const { service, stateVersion, load } = this.#options;
    const [snapshot, info] = await Promise.all([
      this.#bus.lastValue(snapshotMessage, [service]),
      this.#bus.manager.streams.info("LEDGER"),
    ]);
    const found = info.state.last_seq;
    const lost = info.state.lost?.msgs?.length ?? 0;
    const remembered = snapshot?.data.lastSequence ?? 0;
    if (remembered > found || lost > 0) {
      this.#integrity = { ok: false, remembered, found, lost };
      this.#bus.context.logger.error({ remembered, found, lost }, "the ledger holds less than this service has seen");
    }
    if (snapshot === null || snapshot.data.stateVersion !== stateVersion) return;
    this.#state = load(snapshot.data.state);
    // Where the ledger went backwards its sequences are used again: go on from its end, not from what was remembered.
    this.#sequence = Math.min(remembered, found);
  }

  /** Reads everything from the last applied sequence to the ledger's present end. */
  async #catchUp(): Promise<void> {
    for (;;) {
      const batch = await readBatch(this.#bus, "LEDGER", this.#sequence + 1);
      for (const stored of batch)
        this.#take(stored.seq, stored.subject, stored.data, stored.header.get(SIGNATURE_HEADER));
      if (batch.length === 0) return;
    }
  }

  async #follow(): Promise<void> {
    const { service } = this.#options;
    const consumer = await this.#bus.jetstream.consumers.get("LEDGER", service);
    if (this.#stopped) return;
    this.#messages = await consumer.consume({ max_messages: READ_AHEAD });
    for await (const message of this.#messages) {
      await this.#schedule(async () =>
        this.#take(message.seq, message.subject, message.data, message.headers?.get(SIGNATURE_HEADER) ?? ""),
      );
      message.ack();
    }
    if (!this.#stopped) this.#bus.context.logger.error({ service }, "the ledger's consumer ended");
  }

  /** Catch-ups and deliveries take turns, so that events are applied in the ledger's order. */
  #schedule(task: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(async () => {
      if (!this.#stopped) await task();
    });
    this.#turn = turn.catch((error: unknown) => {
      this.#bus.context.logger.error(
        { error: String(error) },
        "reading the ledger failed; it goes on at the next return",
      );
    });
    return this.#turn;
  }

  #take(sequence: number, subject: string, payload: Uint8Array, signature: string): void {
    if (sequence <= this.#sequence) return;
    this.#sequence = sequence;
    if (!ledgerSubjectsOf(this.#options.service).some((filter) => matches(filter, subject))) return;
    const event = this.#read(sequence, subject, payload, signature);
    if (!event) return;
    this.#state = this.#options.apply(this.#state, event);
    if (this.#live) this.#options.onLive?.(event, this.#state);
    this.#sinceSnapshot += 1;
    if (this.#live && this.#sinceSnapshot >= SNAPSHOT_EVERY_EVENTS) {
      void this.saveSnapshot().catch((error: unknown) => {
        this.#bus.context.logger.error({ error: String(error) }, "a snapshot could not be saved");
      });
    }
  }

  #read(sequence: number, subject: string, payload: Uint8Array, signature: string): LedgerEvent | undefined {
    const known = messageOf(subject);
    const decoded = known
      ? this.#bus.decodeSigned(known, subject, payload, signature)
      : ({ ok: false, reason: "a subject that nobody defined" } as const);
    if (!decoded.ok) {
      this.#bus.keepDeadLetter(subject, `ledger sequence ${sequence}: ${decoded.reason}`, payload);
      return undefined;
    }
    const envelope = decoded.envelope;
    return {
      sequence,
      subject,
      envelope,
      // The schema of `known` checked the payload, so the cast holds when the message is the same.
      as: (message) => ((known as unknown) === message ? (envelope as never) : undefined),
    };
  }
}
