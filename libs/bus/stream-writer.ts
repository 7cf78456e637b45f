import { randomUUID } from "node:crypto";
import {
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
  type JetStreamPublishOptions,
} from "@nats-io/jetstream";
import type { MsgHdrs } from "nats";
import { sleep } from "#libs/time/mod.ts";
import { BusClosedError, InvalidMessageError, PermissionDeniedError, StreamFullError } from "./errors.ts";
import { isPermissionDenied, isUnsendable } from "./failures.ts";
import type { BusLogger } from "./logger.ts";
import { SerialQueue } from "./serial-queue.ts";

/** One attempt to have a message acknowledged; repeated under the same message id until it is. */
const ATTEMPT_TIMEOUT_MS = 750;
const RETRY_DELAY_MS = 100;
/** Records that may wait while the bus is away; a service that has lost the bus emits no orders, so this is ample. */
const BACKLOG_LIMIT = 10_000;
/** Names one call of `write`, so that a repeated attempt knows its own first success from another writer's. */
const ATTEMPT_HEADER = "Crucible-Attempt";
/** JetStream's codes: the expected last sequence did not match; the stream or the account is at its limit. */
const WRONG_LAST_SEQUENCE = 10071;
const STREAM_FULL_CODES = new Set([10077, 10047, 10023, 10122]);

/** Store it only when its subject, or none of the subjects under a filter, holds anything yet. */
export type OnlyFirst = boolean | { readonly among: string };

export interface StreamMessage {
  readonly stream: string;
  readonly subject: string;
  /** One message is stored under an id, whatever a repetition holds. */
  readonly id: string;
  readonly payload: string;
  readonly head: MsgHdrs;
  readonly onlyFirst: OnlyFirst;
}

/** Writes what must be on the disk: acknowledged, repeated under one id, and in the order of the calls. */
export class StreamWriter {
  readonly #jetstream: JetStreamClient;
  readonly #manager: JetStreamManager;
  readonly #logger: BusLogger;
  readonly #queues = new Map<string, SerialQueue>();
  #closed = false;

  constructor(jetstream: JetStreamClient, manager: JetStreamManager, logger: BusLogger) {
    this.#jetstream = jetstream;
    this.#manager = manager;
    this.#logger = logger;
  }

  /** Messages that wait to be acknowledged. */
  get backlog(): number {
    let waiting = 0;
    for (const queue of this.#queues.values()) waiting += queue.length;
    return waiting;
  }

  /** What waits is given up. */
  close(): void {
    this.#closed = true;
  }

  /** Resolves when everything written so far is acknowledged. */
  async flush(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.run(async () => undefined)));
  }

  /**
   * Repeats for as long as the bus is away.
   *
   * @returns the message's sequence in its stream; null when it was to be the first and is not
   * @throws InvalidMessageError, PermissionDeniedError, StreamFullError, BacklogFullError, BusClosedError
   */
  write(message: StreamMessage): Promise<number | null> {
    const attempt = randomUUID();
    message.head.set(ATTEMPT_HEADER, attempt);
    return this.#queueOf(message.stream).run(async () => {
      for (;;) {
        if (this.#closed) throw new BusClosedError();
        try {
          return await this.#try(message, attempt);
        } catch (error) {
          throwIfFinal(error, message);
          this.#logger.warn(
            { subject: message.subject, messageId: message.id, error: String(error) },
            "not acknowledged by the bus, repeating under the same id",
          );
          await sleep(RETRY_DELAY_MS);
        }
      }
    });
  }

  async #try(
    { stream, subject, id, payload, head, onlyFirst }: StreamMessage,
    attempt: string,
  ): Promise<number | null> {
    const options = { msgID: id, timeout: ATTEMPT_TIMEOUT_MS, retries: 1, headers: head, ...expectedBy(onlyFirst) };
    const ack = await this.#jetstream.publish(subject, payload, options).catch(nullWhenNotFirst);
    if (ack !== null && !(onlyFirst && ack.duplicate)) return ack.seq;
    // Either another writer was first, or an attempt of this very call was stored and its answer was lost.
    const first = await this.#manager.direct.getMessage(stream, { seq: 1, next_by_subj: subject });
    return first?.header.get(ATTEMPT_HEADER) === attempt ? first.seq : null;
  }

  #queueOf(stream: string): SerialQueue {
    const known = this.#queues.get(stream);
    if (known) return known;
    const queue = new SerialQueue(stream, BACKLOG_LIMIT);
    this.#queues.set(stream, queue);
    return queue;
  }
}

/** Errors that another attempt would meet again. */
function throwIfFinal(error: unknown, { stream, subject }: StreamMessage): void {
  if (error instanceof JetStreamApiError && STREAM_FULL_CODES.has(error.code)) {
    throw new StreamFullError(stream, { cause: error });
  }
  if (isPermissionDenied(error)) throw new PermissionDeniedError(subject, { cause: error });
  if (isUnsendable(error)) throw new InvalidMessageError(subject, String(error));
}

function expectedBy(onlyFirst: OnlyFirst): Partial<Pick<JetStreamPublishOptions, "expect">> {
  if (!onlyFirst) return {};
  const among = onlyFirst === true ? {} : { lastSubjectSequenceSubject: onlyFirst.among };
  return { expect: { lastSubjectSequence: 0, ...among } };
}

/** The server's refusal of a message that is not its subject's first is an answer; everything else is an error. */
function nullWhenNotFirst(error: unknown): null {
  if (error instanceof JetStreamApiError && error.code === WRONG_LAST_SEQUENCE) return null;
  throw error;
}
