import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FakeDiscord, startFakeDiscord } from "./mod.ts";

const USER_AGENT = "DiscordBot (https://example.invalid, 1)";
let discord: FakeDiscord;
beforeEach(async () => {
  discord = await startFakeDiscord({ perWebhook: { requests: 3, windowMs: 400 }, perChannel: null });
});
afterEach(async () => {
  await discord.stop();
});

const post = (body: unknown, { url = `${discord.webhookUrl}?wait=true`, agent = USER_AGENT } = {}) =>
  fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", "user-agent": agent },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

describe("the fake Discord", () => {
  it("takes a message, gives its id with wait=true and 204 without, and keeps them in order", async () => {
    const first = await post({ content: "one" });
    expect(first.status).toBe(200);
    const { id } = (await first.json()) as { id: string };
    expect(id).toMatch(/^\d{17,20}$/);
    expect((await post({ content: "two" }, { url: discord.webhookUrl })).status).toBe(204);
    expect(discord.accepted.map(({ content }) => content)).toEqual(["one", "two"]);
    expect(discord.accepted[0]?.id).toBe(id);
  });

  it("counts down its bucket in headers, and answers 429 with a fraction until it resets", async () => {
    const remaining: (string | null)[] = [];
    for (let count = 0; count < 3; count += 1) {
      remaining.push((await post({ content: "x" })).headers.get("x-ratelimit-remaining"));
    }
    expect(remaining).toEqual(["2", "1", "0"]);
    const limited = await post({ content: "x" });
    expect(limited.status).toBe(429);
    expect(limited.headers.get("x-ratelimit-scope")).toBe("user");
    expect(limited.headers.get("retry-after")).toBe("1");
    const { retry_after: seconds } = (await limited.json()) as { retry_after: number };
    expect(seconds).toBeLessThan(0.4);
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000 + 5));
    expect((await post({ content: "x" })).status).toBe(200);
    expect(discord.accepted).toHaveLength(4);
  });

  it("has the channel's own limit, which no header tells", async () => {
    await discord.stop();
    discord = await startFakeDiscord({ perChannel: { requests: 2, windowMs: 60_000 } });
    const statuses = [];
    for (let count = 0; count < 3; count += 1) statuses.push((await post({ content: "x" })).status);
    expect(statuses).toEqual([200, 200, 429]);
  });

  it("refuses what is over a documented limit with 50035 and the path of it", async () => {
    const response = await post({ embeds: [{ title: "ok", description: "d".repeat(4097) }] });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      code: 50035,
      errors: { embeds: { 0: { description: { _errors: [{ code: "BASE_TYPE_MAX_LENGTH" }] } } } },
    });
    expect((await post({ embeds: [0, 1].map(() => ({ description: "d".repeat(3001) })) })).status).toBe(400);
    expect((await post("not json")).status).toBe(400);
    expect(discord.accepted).toEqual([]);
  });

  it("refuses a wrong webhook, a wrong token and a client that does not say who it is", async () => {
    const wrongId = discord.webhookUrl.replace(/webhooks\/\d+/, "webhooks/1");
    const unknown = await post({ content: "x" }, { url: wrongId });
    expect([unknown.status, ((await unknown.json()) as { code: number }).code]).toEqual([404, 10015]);
    const badToken = await post({ content: "x" }, { url: `${discord.webhookUrl}x` });
    expect([badToken.status, ((await badToken.json()) as { code: number }).code]).toEqual([401, 50027]);
    const nobody = await post({ content: "x" }, { agent: "node" });
    expect([nobody.status, ((await nobody.json()) as { code: number }).code]).toEqual([403, 40333]);
  });

  it("misbehaves on request: Cloudflare, server errors, resets, refused connections, and then it is well again", async () => {
    discord.next(
      { kind: "cloudflare-rate-limit", retryAfterSeconds: 7 },
      { kind: "status", status: 502 },
      { kind: "rate-limit", scope: "global", retryAfterSeconds: 0.5 },
      { kind: "reset", accepting: true },
    );
    const front = await post({ content: "a" });
    expect([front.status, front.headers.get("retry-after"), front.headers.get("content-type")]).toEqual([
      429,
      "7",
      "text/html",
    ]);
    expect((await post({ content: "b" })).status).toBe(502);
    const global = await post({ content: "c" });
    expect([global.headers.get("x-ratelimit-global"), await global.json()]).toEqual([
      "true",
      { message: "You are being rate limited.", retry_after: 0.5, global: true },
    ]);
    await expect(post({ content: "d" })).rejects.toThrow();
    expect(discord.accepted.map(({ content }) => content)).toEqual(["d"]);
    await discord.behave({ kind: "refuse" });
    await expect(post({ content: "e" })).rejects.toThrow();
    await discord.behave({ kind: "normal" });
    expect((await post({ content: "f" })).status).toBe(200);
    expect(discord.requests.map(({ status }) => status)).toEqual([429, 502, 429, 0, 200]);
  });
});
