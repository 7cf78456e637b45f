import { describe, expect, it } from "vitest";
import { answerOf } from "./answer.ts";
import { scrubber } from "./secret.ts";

const answer = (status: number, body: unknown = "", headers: Record<string, string> = {}) =>
  answerOf({ status, headers, body: typeof body === "string" ? body : JSON.stringify(body) });

describe("Discord's answer", () => {
  it("is the message's id when it took the message, and a pause when its bucket is empty", () => {
    expect(answer(200, { id: "123" })).toEqual({ kind: "delivered", messageId: "123", pauseMs: 0 });
    expect(answer(204)).toEqual({ kind: "delivered", messageId: null, pauseMs: 0 });
    const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset-after": "1.25" };
    expect(answer(200, { id: "123" }, headers)).toMatchObject({ pauseMs: 1250 });
  });

  it("is a rate limit with the body's fraction rather than the header's whole seconds", () => {
    const body = { message: "You are being rate limited.", retry_after: 0.64, global: false };
    expect(answer(429, body, { "retry-after": "1" })).toMatchObject({ kind: "rate-limited", retryAfterMs: 640 });
    expect(answer(429, body, { "retry-after": "1", "x-ratelimit-reset-after": "1.8" })).toMatchObject({
      retryAfterMs: 1800,
    });
  });

  it("is a rate limit also without a body, as from Cloudflare, or without any time", () => {
    expect(answer(429, "<html>", { "retry-after": "30" })).toMatchObject({
      kind: "rate-limited",
      retryAfterMs: 30_000,
    });
    expect(answer(429, "<html>")).toMatchObject({ kind: "rate-limited", retryAfterMs: null });
    expect(answer(429, "<html>", { "retry-after": "soon" })).toMatchObject({ retryAfterMs: null });
    expect(answer(429, "<html>", { "retry-after": "999999" })).toMatchObject({ retryAfterMs: 3_600_000 });
  });

  it.each([
    [401, { message: "Invalid Webhook Token", code: 50027 }],
    [403, { message: "internal network error", code: 40333 }],
    [404, { message: "Unknown Webhook", code: 10015 }],
    [404, "<html>"],
    [400, { message: "Webhooks posted to forum channels must have a thread_name", code: 220001 }],
  ])("%i %j means that the webhook is no good", (status, body) => {
    expect(answer(status, body).kind).toBe("webhook-refused");
  });

  it("tells a bad message from a bad day", () => {
    expect(answer(400, { message: "Invalid Form Body", code: 50035 }).kind).toBe("message-refused");
    expect(answer(413).kind).toBe("message-refused");
    for (const status of [408, 500, 502, 503, 504, 520, 301]) expect(answer(status).kind).toBe("failed");
  });
});

describe("the webhook's address", () => {
  const url = "https://discord.com/api/webhooks/1088000000000000001/abcDEF0123456789_-abcDEF0123456789";
  const clean = scrubber(url);

  it("is taken out of a text, whole, as a path, and as the token alone", () => {
    const text = `failed: ${url}?wait=true, path /api/webhooks/1088000000000000001/abcDEF0123456789_-abcDEF0123456789, token abcDEF0123456789_-abcDEF0123456789`;
    expect(clean(text)).toBe("failed: (webhook)?wait=true, path (webhook), token (webhook)");
    expect(clean("nothing here")).toBe("nothing here");
    expect(scrubber("")("nothing set")).toBe("nothing set");
  });
});
