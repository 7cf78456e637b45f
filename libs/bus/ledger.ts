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
import { sleep } from "#libs/time/mod.ts";
import type { Bus } from "./bus.ts";
import { readBatch } from "./direct-read.ts";
import { LedgerMovedError, UnappliedFactError } from "./errors.ts";
import { SIGNATURE_HEADER } from "./signature.ts";

/** Messages the server may hand out ahead of the fold. */
const READ_AHEAD = 256;
const SNAPSHOT_EVERY_EVENTS = 500;
const RETRY_DELAY_MS = 250;
/** A snapshot that cannot be stored must not keep a process alive that has to end. */
const LAST_SNAPSHOT_TIMEOUT_MS = 2000;
/** Where the ledger moved under a snapshot, facts stored from this long before it are read again; folds allow that. */
const OVERLAP_MS = 60_000;

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
  /**
   * Called when the state can no longer be trusted: a fact could not be applied, or the ledger lost its end under the
   * running service. Without it the process ends as by an exception nobody caught; the next start reads again and tells.
   */
  readonly onDefect?: (error: Error) => void;
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
  /** The message that stood at `#sequence`; another one there means that the ledger was cut and written anew. */
  #mark = "";
  #live = false;
  #broken = false;
  /** Facts stored before this moment are in the state already (epoch milliseconds). */
  #includedBeforeMs = Number.NEGATIVE_INFINITY;
  #sinceSnapshot = 0;
  #integrity: LedgerIntegrity = { ok: true };
  #turn: Promise<void> = Promise.resolve();
  /** A catch-up that waits for its turn: whoever asks meanwhile shares it. */
  #wanted: Promise<boolean> | undefined;
  #messages: ConsumerMessages | undefined;
  #stopWatching: () => void = () => undefined;
  readonly #stopping = new AbortController();

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
      if (!up) return;
      void fold.#schedule(async () => {
        await fold.#verifyEnd();
        await fold.#catchUp();
      });
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

  /**
   * Reads on to the ledger's end without waiting for the consumer, whose deliveries may be late. Resolves with true when
   * the state includes everything that was stored at the time of the call; with false when it never will, because this
   * fold has stopped or broke. Takes as long as the bus is away.
   */
  catchUp(): Promise<boolean> {
    this.#wanted ??= this.#joinTurns();
    return this.#wanted;
  }

  async #joinTurns(): Promise<boolean> {
    let reached = false;
    await this.#schedule(async () => {
      this.#wanted = undefined;
      await this.#catchUp();
      reached = !this.#stopped && !this.#broken;
    });
    return reached;
  }

  async saveSnapshot(): Promise<void> {
    const { service, stateVersion, save } = this.#options;
    this.#sinceSnapshot = 0;
    await this.#bus.record(snapshotMessage, [service], {
      service,
      stateVersion,
      lastSequence: this.#sequence,
      lastMark: this.#mark,
      state: save(this.#state),
    });
  }

  /** Stops following and saves a snapshot. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopping.abort();
    this.#stopWatching();
    this.#messages?.stop();
    await this.#turn;
    if (this.#bus.up && !this.#broken) await this.saveSnapshot();
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted;
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
    // The end alone does not tell: a ledger that was cut may have grown past what was remembered before this start.
    const moved = remembered > found || (await this.#differs(remembered, snapshot?.data.lastMark ?? ""));
    if (moved || lost > 0) {
      this.#integrity = { ok: false, remembered, found, lost };
      this.#bus.context.logger.error({ remembered, found, lost }, "the ledger holds less than this service has seen");
    }
    if (snapshot === null || snapshot.data.stateVersion !== stateVersion) return;
    this.#state = load(snapshot.data.state);
    if (moved) {
      // Its sequences are used again, so they do not tell what the snapshot includes. The time of storing does.
      this.#includedBeforeMs = snapshot.publishedAt - OVERLAP_MS;
      return;
    }
    this.#sequence = remembered;
    this.#mark = snapshot.data.lastMark ?? "";
  }

  /** Whether the message at a sequence is another one than the one that was marked there, or gone. */
  async #differs(sequence: number, mark: string): Promise<boolean> {
    if (sequence === 0 || mark === "") return false;
    for (;;) {
      try {
        const stored = await this.#bus.manager.direct.getMessage("LEDGER", { seq: sequence });
        return stored === null || markOf(stored.subject, stored.header.get(MESSAGE_ID_HEADER)) !== mark;
      } catch (error) {
        // Not an answer about the message: the server is away, or setup has not made the stream yet.
        if (this.#bus.connection.isClosed() || this.#stopped) throw error;
        await sleep(RETRY_DELAY_MS);
      }
    }
  }

  /** The server came back: does the ledger still hold the newest fact of this state? */
  async #verifyEnd(): Promise<void> {
    if (!(await this.#differs(this.#sequence, this.#mark))) return;
    const info = await this.#bus.manager.streams.info("LEDGER");
    const remembered = this.#sequence;
    const found = info.state.last_seq;
    const lost = info.state.lost?.msgs?.length ?? 0;
    this.#integrity = { ok: false, remembered, found, lost };
    // What this state has seen goes into a snapshot first: the next start compares with it, stops entries and tells.
    await Promise.race([this.saveSnapshot(), sleep(LAST_SNAPSHOT_TIMEOUT_MS)]);
    this.#fail(new LedgerMovedError(remembered, found));
  }

  /** Reads everything from the last applied sequence to the ledger's present end. */
  async #catchUp(): Promise<void> {
    while (!this.#stopped && !this.#broken) {
      const batch = await readBatch(this.#bus, "LEDGER", this.#sequence + 1, this.#stopping.signal);
      for (const stored of batch) {
        const header = (name: string) => stored.header.get(name);
        if (stored.time.getTime() < this.#includedBeforeMs) this.#advance(stored.seq, stored.subject, header);
        else this.#take(stored.seq, stored.subject, stored.data, header);
      }
      // The last one says what was stored after it when the question was asked: none, and this is the end.
      const last = batch.at(-1);
      if (last === undefined || last.pending === 0) return;
    }
  }

  /** Follows the consumer for as long as this fold lives, also when the server was away as it began. */
  async #follow(): Promise<void> {
    const { service } = this.#options;
    const { logger } = this.#bus.context;
    while (!this.#stopped && !this.#broken) {
      try {
        const consumer = await this.#bus.jetstream.consumers.get("LEDGER", service);
        if (this.#stopped) return;
        // Left to itself, the client looks for a consumer that is not there yet only every 30 seconds.
        const follow = { max_messages: READ_AHEAD, abort_on_missing_resource: true };
        this.#messages = await consumer.consume(follow);
        for await (const message of this.#messages) {
          const header = (name: string) => message.headers?.get(name) ?? "";
          await this.#schedule(async () => this.#take(message.seq, message.subject, message.data, header));
          message.ack();
        }
        if (!this.#stopped && !this.#broken) logger.error({ service }, "the ledger's consumer ended, following again");
      } catch (error) {
        if (this.#stopped || this.#bus.connection.isClosed()) return;
        logger.warn({ service, error: String(error) }, "the ledger cannot be followed yet, trying again");
      }
      if (this.#bus.connection.isClosed()) return;
      await sleep(RETRY_DELAY_MS);
      void this.#schedule(() => this.#catchUp());
    }
  }

  /** Catch-ups and deliveries take turns, so that events are applied in the ledger's order. */
  #schedule(task: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(async () => {
      if (!this.#stopped && !this.#broken) await task();
    });
    this.#turn = turn.catch((error: unknown) => {
      if (this.#broken) return;
      this.#bus.context.logger.error(
        { error: String(error) },
        "reading the ledger failed; it goes on at the next return",
      );
    });
    return this.#turn;
  }

  /** Nothing is applied any more: a state with a hole in it must not decide (law 6). */
  #fail(error: Error): void {
    this.#broken = true;
    this.#bus.context.logger.error({ error: error.message }, "the state cannot be trusted any more");
    this.#messages?.stop();
    const { onDefect } = this.#options;
    if (onDefect) onDefect(error);
    else
      queueMicrotask(() => {
        throw error;
      });
  }

  #advance(sequence: number, subject: string, header: (name: string) => string): void {
    this.#sequence = sequence;
    this.#mark = markOf(subject, header(MESSAGE_ID_HEADER));
  }

  #take(sequence: number, subject: string, payload: Uint8Array, header: (name: string) => string): void {
    if (sequence <= this.#sequence || this.#broken) return;
    if (ledgerSubjectsOf(this.#options.service).some((filter) => matches(filter, subject))) {
      const event = this.#read(sequence, subject, payload, header(SIGNATURE_HEADER));
      if (event && !this.#apply(event)) return;
    }
    this.#advance(sequence, subject, header);
    if (this.#live && this.#sinceSnapshot >= SNAPSHOT_EVERY_EVENTS) {
      void this.saveSnapshot().catch((error: unknown) => {
        this.#bus.context.logger.error({ error: String(error) }, "a snapshot could not be saved");
      });
    }
  }

  #apply(event: LedgerEvent): boolean {
    try {
      this.#state = this.#options.apply(this.#state, event);
      this.#sinceSnapshot += 1;
      if (this.#live) this.#options.onLive?.(event, this.#state);
      return true;
    } catch (cause) {
      const error = new UnappliedFactError(event.sequence, event.subject, { cause });
      // While it opens, the caller is told.
      if (!this.#live) throw error;
      this.#fail(error);
      return false;
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

/** Header in which JetStream keeps the message's id. */
const MESSAGE_ID_HEADER = "Nats-Msg-Id";
const markOf = (subject: string, messageId: string): string => `${subject} ${messageId}`;
