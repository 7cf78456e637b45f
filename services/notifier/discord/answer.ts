import { z } from "zod";
import type { Answer } from "../queue/answer.ts";

/** What came back over HTTP. Header names are lower case. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

const messageSchema = z.object({ id: z.string() });
const rateLimitSchema = z.object({ retry_after: z.number().nonnegative() });
const errorSchema = z.object({ message: z.string(), code: z.number().optional() });

/** JSON error codes that say that the webhook, not the message, is the trouble (discord-api-docs, opcodes page). */
const WEBHOOK_CODES: ReadonlyMap<number, string> = new Map([
  [10015, "the webhook does not exist: it was deleted at Discord"],
  [50027, "the webhook's token is wrong"],
  [40333, "Discord's front refuses this client"],
  [220001, "the channel is a forum and needs a thread: use a webhook of a text channel"],
  [220003, "the channel is a forum and needs a thread: use a webhook of a text channel"],
]);
/** Discord may ask for a long pause; a broken figure must not silence the notifier for a day. */
const RETRY_AFTER_MS_MAX = 60 * 60 * 1000;

/** Reads Discord's answer. Its body may be HTML, cut off or missing: a 429 from its front is. */
export function answerOf(response: HttpResponse): Answer {
  const { status } = response;
  const body = parse(response.body);
  const error = errorSchema.safeParse(body).data;
  const detail = [
    `HTTP ${status}`,
    ...(error ? [`${error.code ?? "no code"}: ${error.message.slice(0, 200)}`] : []),
  ].join(", ");
  if (status >= 200 && status < 300) {
    return {
      kind: "delivered",
      messageId: messageSchema.safeParse(body).data?.id ?? null,
      pauseMs: pauseMs(response.headers),
    };
  }
  if (status === 429) {
    const scope = response.headers["x-ratelimit-scope"] ?? (body === undefined ? "Cloudflare" : "unnamed");
    return {
      kind: "rate-limited",
      retryAfterMs: retryAfterMs(response.headers, body),
      detail: `${detail}, scope ${scope}`,
    };
  }
  const known = error?.code === undefined ? undefined : WEBHOOK_CODES.get(error.code);
  if (status === 401 || status === 403 || status === 404 || known !== undefined) {
    return { kind: "webhook-refused", detail: known === undefined ? detail : `${detail} (${known})` };
  }
  if (status >= 400 && status < 500 && status !== 408) return { kind: "message-refused", detail };
  return { kind: "failed", detail };
}

/** With nothing left in the bucket the next request would be a 429: wait for the reset instead. */
function pauseMs(headers: HttpResponse["headers"]): number {
  const remaining = seconds(headers["x-ratelimit-remaining"]);
  const resetAfter = seconds(headers["x-ratelimit-reset-after"]);
  return remaining === 0 && resetAfter !== null ? Math.min(RETRY_AFTER_MS_MAX, Math.ceil(resetAfter * 1000)) : 0;
}

/** The longest of what body and headers ask for; null when they do not say. */
function retryAfterMs(headers: HttpResponse["headers"], body: unknown): number | null {
  const fromBody = rateLimitSchema.safeParse(body).data?.retry_after ?? null;
  // The header is whole seconds, rounded up: the body's fraction is what counts where there is one.
  const asked = fromBody === null ? [seconds(headers["retry-after"])] : [fromBody];
  const times = [...asked, seconds(headers["x-ratelimit-reset-after"])].filter((time) => time !== null);
  return times.length === 0 ? null : Math.min(RETRY_AFTER_MS_MAX, Math.ceil(Math.max(...times) * 1000));
}

function seconds(header: string | undefined): number | null {
  if (header === undefined || !/^\d+(\.\d+)?$/.test(header.trim())) return null;
  return Number(header);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // Not JSON, as from Cloudflare: status and headers alone decide.
    return undefined;
  }
}
