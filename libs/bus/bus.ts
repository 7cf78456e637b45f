import { randomUUID } from "node:crypto";
import type { JetStreamClient, JetStreamManager, StoredMsg } from "@nats-io/jetstream";
import { headers, type Msg, type MsgHdrs, type NatsConnection } from "nats";
import type { z } from "zod";
import {
  type Alert,
  alertMessage,
  boundedAlert,
  type Envelope,
  type Identity,
  type MessageType,
  type Mode,
  SCHEMA_VERSION,
} from "#libs/contracts/mod.ts";
import { monotonicNowMs, sleep, wallNowMs } from "#libs/time/mod.ts";
import { DeadLetters } from "./dead-letters.ts";
import { type Decoded, decode, describeIssues } from "./decode.ts";
import {
  BusClosedError,
  InvalidMessageError,
  NoResponderError,
  PermissionDeniedError,
  RemoteError,
  RequestTimeoutError,
} from "./errors.ts";
import { isNoResponder, isPermissionDenied, isTimeout } from "./failures.ts";
import type { BusLogger } from "./logger.ts";
import { type LedgerSignatures, SIGNATURE_HEADER } from "./signature.ts";
import { type OnlyFirst, StreamWriter } from "./stream-writer.ts";

const RETRY_DELAY_MS = 100;
/** How long a reader waits for a bus that is away: a restarted server has its streams again within seconds. */
const READ_TIMEOUT_MS = 10_000;
const ERROR_HEADER = "Crucible-Error";
/** Room for the headers within the server's limit on a message. */
const HEADER_BYTES_MAX = 1024;

export interface BusContext {
  readonly identity: Identity;
  readonly mode: Mode;
  readonly logger: BusLogger;
  /** The market clock, epoch milliseconds; null while it is not known. */
  readonly marketNowMs: () => number | null;
}

export interface PublishOptions {
  /** Id of the message that led to this one. */
  readonly causedBy?: string | null;
  /**
   * The message's own id; where the message must not be stored twice, derive it from its business key. A repetition under
   * it counts as stored, whatever it holds: the first stands.
   */
  readonly id?: string;
}

export interface RecordOptions extends PublishOptions {
  /**
   * Store it only when its subject, or none of the subjects under a filter, holds anything yet: the server enforces
   * it, for ever and for every writer.
   */
  readonly onlyFirst?: OnlyFirst;
}

export type Recorded<Data> =
  | { readonly outcome: "stored"; readonly sequence: number; readonly envelope: Envelope<Data> }
  | { readonly outcome: "exists" };

type Params<P extends readonly string[]> = { [K in keyof P]: string };

/**
 * A connection with the platform's manners: every message is typed, stamped and checked on both sides; what matters
 * is acknowledged and repeated under one id; what fails its schema becomes a dead letter.
 */
export class Bus {
  readonly #connection: NatsConnection;
  readonly #jetstream: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly context: BusContext;
  readonly #writer: StreamWriter;
  readonly #deadLetters: DeadLetters;
  readonly #signatures: LedgerSignatures;
  readonly #listeners = new Set<(up: boolean) => void>();
  #up = true;
  #closed = false;

  constructor(
    connection: NatsConnection,
    jetstream: JetStreamClient,
    manager: JetStreamManager,
    context: BusContext,
    signatures: LedgerSignatures,
  ) {
    this.#signatures = signatures;
    this.#connection = connection;
    this.#jetstream = jetstream;
    this.manager = manager;
    this.context = context;
    this.#deadLetters = new DeadLetters(this);
    this.#writer = new StreamWriter(jetstream, manager, context.logger);
    void this.#watch();
  }

  get jetstream(): JetStreamClient {
    return this.#jetstream;
  }

  get connection(): NatsConnection {
    return this.#connection;
  }

  /** False from the moment the server is lost until it is back; emit no orders meanwhile. */
  get up(): boolean {
    return this.#up && !this.#closed;
  }

  /** Messages that wait to be acknowledged. */
  get backlog(): number {
    return this.#writer.backlog;
  }

  /** Calls back with true or false when the server comes back or goes. Read safety state again on every return. */
  onChange(listener: (up: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Stamps a payload with the fields every message carries. */
  envelope<Data>(data: Data, options: PublishOptions = {}): Envelope<Data> {
    const marketTime = this.context.marketNowMs();
    return {
      schema: SCHEMA_VERSION,
      id: options.id ?? randomUUID(),
      source: this.context.identity,
      mode: this.context.mode,
      marketTime: marketTime === null ? null : Math.round(marketTime),
      publishedAt: wallNowMs(),
      causedBy: options.causedBy ?? null,
      data,
    };
  }

  /** Publishes without acknowledgement: for what the next message replaces. Dropped while the bus is away. */
  publish<Data extends z.ZodType, P extends readonly string[]>(
    message: MessageType<Data, P>,
    params: Params<P>,
    data: z.infer<Data>,
    options?: PublishOptions,
  ): Envelope<z.infer<Data>> {
    const envelope = this.envelope(data, options);
    if (!this.#closed && !this.#connection.isClosed()) {
      const subject = message.subject(...(params as P));
      const payload = JSON.stringify(envelope);
      this.#connection.publish(
        subject,
        payload,
        message.signed ? { headers: this.#signedHead(subject, payload) } : undefined,
      );
    }
    return envelope;
  }

  /**
   * Publishes and waits until the server has it on the disk. Repeats under the same message id for as long as the
   * bus is away; records of one stream keep their order.
   *
   * @throws InvalidMessageError, PermissionDeniedError, StreamFullError, BacklogFullError, BusClosedError
   */
  async record<Data extends z.ZodType, P extends readonly string[]>(
    message: MessageType<Data, P>,
    params: Params<P>,
    data: z.infer<Data>,
    options: RecordOptions = {},
  ): Promise<Recorded<z.infer<Data>>> {
    const subject = message.subject(...(params as P));
    const stream = message.stream;
    if (stream === null) throw new InvalidMessageError(subject, `${message.name} is not kept in a stream`);
    const checked = message.envelope.safeParse(this.envelope(data, options));
    if (!checked.success) throw new InvalidMessageError(subject, describeIssues(checked.error));
    const envelope = checked.data;
    const payload = JSON.stringify(envelope);
    const bytes = Buffer.byteLength(payload);
    const bytesMax = (this.#connection.info?.max_payload ?? Number.POSITIVE_INFINITY) - HEADER_BYTES_MAX;
    if (bytes > bytesMax) throw new InvalidMessageError(subject, `${bytes} bytes; a message has at most ${bytesMax}`);
    const head = message.signed ? this.#signedHead(subject, payload) : headers();
    const onlyFirst = options.onlyFirst ?? false;
    const sequence = await this.#writer.write({ stream, subject, id: envelope.id, payload, head, onlyFirst });
    return sequence === null ? { outcome: "exists" } : { outcome: "stored", sequence, envelope };
  }

  /**
   * Asks and waits for the reply.
   *
   * @throws NoResponderError at once when nobody serves the subject
   * @throws RequestTimeoutError when no reply came in time, and at once when the bus goes away: whether the other side
   *   acted is not known
   * @throws RemoteError when the other side refused
   */
  async request<Data extends z.ZodType, P extends readonly string[], Reply extends z.ZodType>(
    message: MessageType<Data, P, Reply>,
    params: Params<P>,
    data: z.infer<Data>,
    options: PublishOptions & { readonly timeoutMs: number },
  ): Promise<z.infer<Reply>> {
    const subject = message.subject(...(params as P));
    if (message.reply === null) throw new InvalidMessageError(subject, `${message.name} has no reply`);
    const checked = message.envelope.safeParse(this.envelope(data, options));
    if (!checked.success) throw new InvalidMessageError(subject, describeIssues(checked.error));
    const payload = JSON.stringify(checked.data);
    const away = Promise.withResolvers<never>();
    const forget = this.onChange((up) => {
      if (!up) away.reject(new RequestTimeoutError(subject, "bus-away"));
    });
    let reply: Msg;
    try {
      // Left to itself, the client waits for its whole time-out for an answer that cannot come (nats.md).
      if (!this.up) throw new RequestTimeoutError(subject, "bus-away");
      const asked = { timeout: options.timeoutMs, headers: this.#signedHead(subject, payload) };
      reply = await Promise.race([this.#connection.request(subject, payload, asked), away.promise]);
    } catch (error) {
      if (isNoResponder(error)) throw new NoResponderError(subject, { cause: error });
      if (isPermissionDenied(error)) throw new PermissionDeniedError(subject, { cause: error });
      if (isTimeout(error)) throw new RequestTimeoutError(subject, options.timeoutMs, { cause: error });
      throw error;
    } finally {
      forget();
    }
    const refusal = reply.headers?.get(ERROR_HEADER);
    if (refusal) throw new RemoteError(subject, refusal, reply.string());
    return message.reply.parse(JSON.parse(reply.string()));
  }

  /** Answers requests. A request that fails its schema is refused with the field and the reason, and kept. */
  serve<Data extends z.ZodType, P extends readonly string[], Reply extends z.ZodType>(
    message: MessageType<Data, P, Reply>,
    params: Params<P>,
    handler: (envelope: Envelope<z.infer<Data>>) => Promise<z.infer<Reply>> | z.infer<Reply>,
  ): void {
    const subject = message.subject(...(params as P));
    this.#connection.subscribe(subject, {
      callback: (error, request) => {
        if (error) {
          this.context.logger.error({ subject, error: String(error) }, "subscription failed");
          return;
        }
        void this.#answer(message, request, handler);
      },
    });
  }

  async #answer<Data extends z.ZodType, P extends readonly string[], Reply extends z.ZodType>(
    message: MessageType<Data, P, Reply>,
    request: Msg,
    handler: (envelope: Envelope<z.infer<Data>>) => Promise<z.infer<Reply>> | z.infer<Reply>,
  ): Promise<void> {
    const decoded = this.#decode(message, request.subject, request.data, request.headers?.get(SIGNATURE_HEADER));
    if (!decoded.ok) {
      this.#deadLetters.keep(request.subject, decoded.reason, request.data);
      refuse(request, "INVALID_MESSAGE", decoded.reason);
      return;
    }
    try {
      request.respond(JSON.stringify(await handler(decoded.envelope)));
    } catch (error) {
      this.context.logger.error(
        { subject: request.subject, causedBy: decoded.envelope.id, error: String(error) },
        "request failed",
      );
      refuse(request, "FAILED", error instanceof Error ? error.message : String(error));
    }
  }

  /** Listens on core NATS. Payloads that fail their schema become dead letters. */
  subscribe<Data extends z.ZodType, P extends readonly string[]>(
    message: MessageType<Data, P>,
    handler: (envelope: Envelope<z.infer<Data>>, subject: string) => void,
    filter: string = message.wildcard,
  ): { stop(): void } {
    const subscription = this.#connection.subscribe(filter, {
      callback: (error, received) => {
        if (error) {
          this.context.logger.error({ subject: filter, error: String(error) }, "subscription failed");
          return;
        }
        const signature = received.headers?.get(SIGNATURE_HEADER);
        const decoded = this.#decode(message, received.subject, received.data, signature);
        if (decoded.ok) this.#handOver(() => handler(decoded.envelope, received.subject));
        else this.#deadLetters.keep(received.subject, decoded.reason, received.data);
      },
    });
    return { stop: () => subscription.unsubscribe() };
  }

  /**
   * Calls a handler outside the client's read loop as far as exceptions go: one that escaped into it would end the
   * loop, and the connection would look alive and hear nothing more. Instead it ends the process, like any exception
   * that nobody caught.
   */
  #handOver(handler: () => void): void {
    try {
      handler();
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  /**
   * The newest stored message of a subject; null when there is none. Asks again while the bus is away, for up to
   * 10 seconds.
   *
   * @throws RequestTimeoutError when the bus stayed away
   */
  async lastValue<Data extends z.ZodType, P extends readonly string[]>(
    message: MessageType<Data, P>,
    params: Params<P>,
  ): Promise<Envelope<z.infer<Data>> | null> {
    const subject = message.subject(...(params as P));
    if (message.stream === null) throw new InvalidMessageError(subject, `${message.name} is not kept in a stream`);
    const stored = await this.#read(message.stream, subject);
    if (stored === null) return null;
    const decoded = this.#decode(message, subject, stored.data, stored.header.get(SIGNATURE_HEADER));
    if (decoded.ok) return decoded.envelope;
    this.#deadLetters.keep(subject, decoded.reason, stored.data);
    return null;
  }

  /** A request that is written to a dying connection is never answered, so reading, which changes nothing, repeats. */
  async #read(stream: string, subject: string): Promise<StoredMsg | null> {
    const deadlineMs = monotonicNowMs() + READ_TIMEOUT_MS;
    for (;;) {
      try {
        return await this.manager.direct.getMessage(stream, { last_by_subj: subject });
      } catch (error) {
        if (this.#closed) throw new BusClosedError();
        if (!isTimeout(error) && !isNoResponder(error)) throw error;
        if (monotonicNowMs() > deadlineMs) throw new RequestTimeoutError(subject, READ_TIMEOUT_MS, { cause: error });
        await sleep(RETRY_DELAY_MS);
      }
    }
  }

  #signedHead(subject: string, payload: string): MsgHdrs {
    const head = headers();
    head.set(SIGNATURE_HEADER, this.#signatures.sign(subject, payload));
    return head;
  }

  #decode<Data extends z.ZodType>(
    message: MessageType<Data>,
    subject: string,
    payload: Uint8Array,
    signature: string | undefined,
  ): Decoded<z.infer<Data>> {
    return message.signed ? this.decodeSigned(message, subject, payload, signature ?? "") : decode(message, payload);
  }

  /** Reads a signed message, and takes it only when one who may publish it signed it for this very subject. */
  decodeSigned<Data>(
    message: { readonly envelope: z.ZodType<Envelope<Data>>; readonly publishers: readonly Identity[] },
    subject: string,
    payload: Uint8Array,
    signature: string,
  ): Decoded<Data> {
    const decoded = decode(message, payload);
    if (!decoded.ok) return decoded;
    const source = message.publishers.find((publisher) => publisher === decoded.envelope.source);
    if (source === undefined || !this.#signatures.holds(source, subject, payload, signature)) {
      return { ok: false, reason: "forged: not signed by one who may publish it" };
    }
    return decoded;
  }

  /**
   * Raises an alert: acknowledged and on the disk before it is forgotten here (law 8). What is too long for its schema is
   * cut, never refused.
   */
  async alert(told: Alert, options: PublishOptions = {}): Promise<void> {
    const alert = boundedAlert(told);
    this.context.logger.info({ alert: alert.code, severity: alert.severity, text: alert.text }, alert.title);
    await this.record(alertMessage, [alert.severity, this.context.identity], alert, options);
  }

  /** Keeps a payload that failed its schema, with the reason, and raises an alert about it (law 10). */
  keepDeadLetter(subject: string, reason: string, payload: Uint8Array): void {
    this.#deadLetters.keep(subject, reason, payload);
  }

  /** Resolves when everything recorded so far is acknowledged. */
  async flush(): Promise<void> {
    await this.#writer.flush();
  }

  /** Resolves when the connection is gone for good. */
  async closed(): Promise<Error | undefined> {
    const reason = await this.#connection.closed();
    return reason instanceof Error ? reason : undefined;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#writer.close();
    await this.#connection.close();
  }

  async #watch(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === "disconnect") this.#set(false);
      else if (status.type === "reconnect") this.#set(true);
      else if (status.type === "error") {
        this.context.logger.error({ error: String(status.error) }, "the bus reports an error");
      }
    }
  }

  #set(up: boolean): void {
    if (this.#up === up) return;
    this.#up = up;
    this.context.logger.warn({ up }, up ? "the bus is back" : "the bus is away");
    for (const listener of this.#listeners) listener(up);
  }
}

function refuse(request: Msg, code: string, text: string): void {
  const head = headers();
  head.set(ERROR_HEADER, code);
  request.respond(text, { headers: head });
}
