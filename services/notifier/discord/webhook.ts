import { Pool } from "undici";
import type { WebhookMessage } from "../message/render.ts";
import type { Answer } from "../queue/answer.ts";
import { answerOf } from "./answer.ts";
import { scrubber } from "./secret.ts";

export interface WebhookTimeouts {
  readonly connectMs: number;
  /** From the request to the answer's headers, and from there to the end of its body. */
  readonly answerMs: number;
}

export const DISCORD_TIMEOUTS: WebhookTimeouts = { connectMs: 5000, answerMs: 10_000 };

/** Discord asks for this form; its front refuses clients without it (code 40333). */
const USER_AGENT = "DiscordBot (https://crucible.invalid, 0.1.0)";
const BODY_LENGTH_MAX = 256 * 1024;

/** The webhook: one message at a time, and an answer to each within its time-outs. */
export class Webhook {
  readonly #pool: Pool;
  readonly #path: string;
  readonly #scrub: (text: string) => string;
  readonly #answerMs: number;
  readonly #stop = new AbortController();

  constructor(webhookUrl: string, timeouts: WebhookTimeouts = DISCORD_TIMEOUTS) {
    const url = new URL(webhookUrl);
    // Without wait=true Discord answers before it has stored the message, and losing it is no error.
    url.searchParams.set("wait", "true");
    this.#path = `${url.pathname}${url.search}`;
    this.#scrub = scrubber(webhookUrl);
    this.#answerMs = timeouts.answerMs;
    this.#pool = new Pool(url.origin, {
      connections: 1,
      pipelining: 1,
      connect: { timeout: timeouts.connectMs },
      headersTimeout: timeouts.answerMs,
      bodyTimeout: timeouts.answerMs,
    });
  }

  /** Posts a message. Never throws: a network error is an answer too, with the webhook's address taken out of it. */
  async post(message: WebhookMessage): Promise<Answer> {
    try {
      const { statusCode, headers, body } = await this.#pool.request({
        method: "POST",
        path: this.#path,
        headers: { "content-type": "application/json", "user-agent": USER_AGENT, accept: "application/json" },
        body: JSON.stringify(message),
        signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(this.#answerMs * 2)]),
      });
      const text = await readUpTo(body, BODY_LENGTH_MAX);
      const single = Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
      );
      return this.#clean(answerOf({ status: statusCode, headers: single, body: text }));
    } catch (error) {
      return this.#clean({ kind: "failed", detail: describe(error) });
    }
  }

  /** Ends what is in flight and closes the connection. */
  async close(): Promise<void> {
    this.#stop.abort(new Error("the notifier stops"));
    await this.#pool.destroy();
  }

  #clean(answer: Answer): Answer {
    return answer.kind === "delivered" ? answer : { ...answer, detail: this.#scrub(answer.detail) };
  }
}

async function readUpTo(body: AsyncIterable<Uint8Array>, lengthMax: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > lengthMax) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? `${error.code}: ` : "";
  return `${code}${error.message === "" ? error.name : error.message}`;
}
