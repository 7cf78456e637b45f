import type { StoredMsg } from "@nats-io/jetstream";
import type { z } from "zod";
import { type Envelope, type MessageType, matches, type StreamName } from "#libs/contracts/mod.ts";
import type { Bus } from "../bus.ts";
import { readBatch } from "../direct-read.ts";

/**
 * What a stream holds, for assertions that are asked again and again: each message is read from the server and decoded
 * once. Read anew with each poll, a long ledger took more of the machine than what is tested. Only for a stream that
 * forgets nothing while the test runs.
 */
export class StreamLog {
  readonly #bus: Bus;
  readonly #stream: StreamName;
  readonly #messages: StoredMsg[] = [];
  readonly #envelopes = new Map<StoredMsg, unknown>();
  #reading: Promise<void> = Promise.resolve();

  constructor(bus: Bus, stream: StreamName) {
    this.#bus = bus;
    this.#stream = stream;
  }

  /** Everything so far, oldest first. */
  async messages(): Promise<readonly StoredMsg[]> {
    // One after another: two that read at once would each keep the same messages.
    const turn = this.#reading.then(() => this.#readOn());
    this.#reading = turn.catch(() => undefined);
    await turn;
    return [...this.#messages];
  }

  /** All messages of a type so far, oldest first. */
  async of<Data extends z.ZodType, P extends readonly string[]>(
    message: MessageType<Data, P>,
  ): Promise<Envelope<z.infer<Data>>[]> {
    const found = (await this.messages()).filter(({ subject }) => matches(message.wildcard, subject));
    return found.map((stored) => {
      const kept = this.#envelopes.get(stored) ?? message.envelope.parse(stored.json());
      this.#envelopes.set(stored, kept);
      return kept as Envelope<z.infer<Data>>;
    });
  }

  async #readOn(): Promise<void> {
    for (;;) {
      const batch = await readBatch(this.#bus, this.#stream, (this.#messages.at(-1)?.seq ?? 0) + 1);
      if (batch.length === 0) return;
      this.#messages.push(...batch);
    }
  }
}
