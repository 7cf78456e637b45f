import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { monotonicNowMs, wallNowIso, wallNowMs } from "#libs/time/mod.ts";
import type { Behaviour } from "./behaviour.ts";
import { RateWindow } from "./rate-window.ts";
import { refusalOf } from "./validate.ts";

export interface FakeDiscordOptions {
  /** 0 takes a free port. */
  readonly port?: number;
  readonly webhookId?: string;
  readonly token?: string;
  /** Requests of one webhook in a time; Discord tells it in its headers. 5 in 2 s, as observed. */
  readonly perWebhook?: { readonly requests: number; readonly windowMs: number };
  /** The channel's own limit, which no header tells: 30 in 60 s, as observed. Null for none. */
  readonly perChannel?: { readonly requests: number; readonly windowMs: number } | null;
  readonly onAccepted?: (message: AcceptedMessage) => void;
}

/** A message Discord took, in the order in which it took them. */
export interface AcceptedMessage {
  readonly id: string;
  readonly acceptedAtMonotonicMs: number;
  readonly content: string;
  readonly embeds: readonly Embed[];
  readonly flags: number;
  /** The body as it came. */
  readonly body: string;
}

interface Embed {
  readonly title?: string;
  readonly description?: string;
  readonly color?: number;
  readonly fields?: readonly { readonly name: string; readonly value: string }[];
  readonly footer?: { readonly text: string };
}

/** Any request that came, whatever came of it; status 0 when it got no answer. */
export interface SeenRequest {
  readonly method: string;
  readonly userAgent: string;
  readonly atMonotonicMs: number;
  status: number;
}

export interface FakeDiscord {
  readonly port: number;
  readonly webhookUrl: string;
  readonly accepted: readonly AcceptedMessage[];
  readonly requests: readonly SeenRequest[];
  /** The most requests that were open at one time. */
  readonly mostAtOnce: number;
  /** From now on, until told otherwise. Resolves when it holds. */
  behave(behaviour: Behaviour): Promise<void>;
  /** For the next requests, one each; then as before. */
  next(...behaviours: readonly Behaviour[]): void;
  stop(): Promise<void>;
}

const DEFAULT_WEBHOOK_ID = "1088000000000000001";
const DEFAULT_TOKEN = "a-token-that-only-the-fake-discord-takes-0123456789abcdefghijklmnopq";
const CHANNEL_ID = "1088000000000000002";
const BODY_BYTES_MAX = 1024 * 1024;
const DISCORD_EPOCH_MS = 1_420_070_400_000;

/** Starts a Discord on 127.0.0.1 that takes webhook messages, with its limits, headers and errors. */
export async function startFakeDiscord(options: FakeDiscordOptions = {}): Promise<FakeDiscord> {
  const discord = new Discord(options);
  await discord.listen(options.port ?? 0);
  return discord;
}

class Discord implements FakeDiscord {
  readonly accepted: AcceptedMessage[] = [];
  readonly requests: SeenRequest[] = [];
  mostAtOnce = 0;
  port = 0;
  readonly #options: FakeDiscordOptions;
  readonly #server: Server;
  readonly #webhookId: string;
  readonly #token: string;
  readonly #webhookWindow: RateWindow;
  readonly #channelWindow: RateWindow | null;
  readonly #nextOnes: Behaviour[] = [];
  #behaviour: Behaviour = { kind: "normal" };
  #open = 0;

  constructor(options: FakeDiscordOptions) {
    this.#options = options;
    this.#webhookId = options.webhookId ?? DEFAULT_WEBHOOK_ID;
    this.#token = options.token ?? DEFAULT_TOKEN;
    const { requests, windowMs } = options.perWebhook ?? { requests: 5, windowMs: 2000 };
    this.#webhookWindow = new RateWindow(requests, windowMs);
    const perChannel = options.perChannel === undefined ? { requests: 30, windowMs: 60_000 } : options.perChannel;
    this.#channelWindow = perChannel === null ? null : new RateWindow(perChannel.requests, perChannel.windowMs);
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => response.destroy(asError(error)));
    });
  }

  get webhookUrl(): string {
    return `http://127.0.0.1:${this.port}/api/webhooks/${this.#webhookId}/${this.#token}`;
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, "127.0.0.1", () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
    this.port = (this.#server.address() as AddressInfo).port;
  }

  async behave(behaviour: Behaviour): Promise<void> {
    this.#behaviour = behaviour;
    if (behaviour.kind === "refuse") await this.#close();
    else if (!this.#server.listening) await this.listen(this.port);
  }

  next(...behaviours: readonly Behaviour[]): void {
    this.#nextOnes.push(...behaviours);
  }

  async stop(): Promise<void> {
    await this.#close();
  }

  async #close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    if (request.method === "GET" && url.pathname === "/fake/messages") {
      send(response, 200, {}, this.accepted);
      return;
    }
    const seen: SeenRequest = {
      method: request.method ?? "",
      userAgent: request.headers["user-agent"] ?? "",
      atMonotonicMs: monotonicNowMs(),
      status: 0,
    };
    this.requests.push(seen);
    this.#open += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#open);
    response.once("close", () => {
      this.#open -= 1;
      if (response.headersSent) seen.status = response.statusCode;
    });
    const body = await read(request);
    this.#answer(url, seen, body, request, response);
  }

  #answer(url: URL, seen: SeenRequest, body: string | null, request: IncomingMessage, response: ServerResponse): void {
    const behaviour = this.#nextOnes.shift() ?? this.#behaviour;
    switch (behaviour.kind) {
      case "hang":
        return;
      case "reset":
        if (behaviour.accepting && body !== null) this.#accept(body);
        request.socket.resetAndDestroy();
        return;
      case "refuse":
        request.socket.destroy();
        return;
      case "rate-limit":
        this.#limited(response, behaviour.scope, behaviour.retryAfterSeconds, {});
        return;
      case "cloudflare-rate-limit":
        sendPage(response, 429, { "retry-after": String(behaviour.retryAfterSeconds) });
        return;
      case "unknown-webhook":
        send(response, 404, {}, { message: "Unknown Webhook", code: 10015 });
        return;
      case "status":
        if (behaviour.code === undefined) sendPage(response, behaviour.status, {});
        else send(response, behaviour.status, {}, { message: "An error", code: behaviour.code });
        return;
      case "normal":
        this.#behaveWell(url, seen, body, response);
    }
  }

  #behaveWell(url: URL, seen: SeenRequest, body: string | null, response: ServerResponse): void {
    if (!/^DiscordBot \(\S+, \S+\)/.test(seen.userAgent)) {
      // Without a valid User-Agent Cloudflare stands in the way.
      send(response, 403, {}, { message: "internal network error", code: 40333 });
      return;
    }
    const path = /^\/api(?:\/v\d+)?\/webhooks\/([^/]+)\/([^/]+)$/.exec(url.pathname);
    if (path === null) {
      send(response, 404, {}, { message: "404: Not Found", code: 0 });
      return;
    }
    if (path[1] !== this.#webhookId) {
      send(response, 404, {}, { message: "Unknown Webhook", code: 10015 });
      return;
    }
    if (path[2] !== this.#token) {
      send(response, 401, {}, { message: "Invalid Webhook Token", code: 50027 });
      return;
    }
    if (seen.method !== "POST") {
      send(response, 405, {}, { message: "405: Method Not Allowed", code: 0 });
      return;
    }
    const nowMs = monotonicNowMs();
    const window = this.#webhookWindow.take(nowMs);
    const headers = {
      "x-ratelimit-limit": String(this.#webhookWindow.limit),
      "x-ratelimit-remaining": String(window.remaining),
      "x-ratelimit-reset": ((wallNowMs() + window.resetAfterMs) / 1000).toFixed(3),
      "x-ratelimit-reset-after": (window.resetAfterMs / 1000).toFixed(3),
      "x-ratelimit-bucket": "a1b2c3d4e5f60718293a4b5c6d7e8f90",
    };
    if (!window.allowed) {
      this.#limited(response, "user", window.resetAfterMs / 1000, headers);
      return;
    }
    const channel = this.#channelWindow?.take(nowMs);
    if (channel && !channel.allowed) {
      this.#limited(response, "shared", channel.resetAfterMs / 1000, {});
      return;
    }
    if (body === null) {
      send(response, 413, headers, { message: "Request entity too large", code: 40005 });
      return;
    }
    const parsed = parse(body);
    const refusal = refusalOf(parsed);
    if (refusal !== null) {
      send(response, 400, headers, refusal);
      return;
    }
    const message = this.#accept(body);
    if (url.searchParams.get("wait") !== "true") {
      response.writeHead(204, headers).end();
      return;
    }
    send(response, 200, headers, {
      ...(parsed as object),
      id: message.id,
      type: 0,
      channel_id: CHANNEL_ID,
      webhook_id: this.#webhookId,
      timestamp: wallNowIso(),
    });
  }

  #accept(body: string): AcceptedMessage {
    const payload = parse(body) as { content?: string; embeds?: readonly Embed[]; flags?: number };
    const message: AcceptedMessage = {
      id: ((BigInt(wallNowMs() - DISCORD_EPOCH_MS) << 22n) | BigInt(this.accepted.length % 4096)).toString(),
      acceptedAtMonotonicMs: monotonicNowMs(),
      content: payload.content ?? "",
      embeds: payload.embeds ?? [],
      flags: payload.flags ?? 0,
      body,
    };
    this.accepted.push(message);
    this.#options.onAccepted?.(message);
    return message;
  }

  #limited(response: ServerResponse, scope: string, retryAfterSeconds: number, headers: Record<string, string>): void {
    const global = scope === "global";
    send(
      response,
      429,
      {
        ...headers,
        "retry-after": String(Math.ceil(retryAfterSeconds)),
        "x-ratelimit-scope": scope,
        ...(global ? { "x-ratelimit-global": "true" } : {}),
      },
      { message: "You are being rate limited.", retry_after: retryAfterSeconds, global },
    );
  }
}

/** The body, or null when it is too long. */
async function read(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const buffer = Buffer.from(chunk as Buffer);
    bytes += buffer.length;
    if (bytes <= BODY_BYTES_MAX) chunks.push(buffer);
  }
  return bytes > BODY_BYTES_MAX ? null : Buffer.concat(chunks).toString("utf8");
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // Not JSON: `refusalOf` says so to the sender, in Discord's words.
    return undefined;
  }
}

function send(response: ServerResponse, status: number, headers: Record<string, string>, body: unknown): void {
  response.writeHead(status, { ...headers, "content-type": "application/json" }).end(JSON.stringify(body));
}

function sendPage(response: ServerResponse, status: number, headers: Record<string, string>): void {
  response
    .writeHead(status, { ...headers, "content-type": "text/html" })
    .end(`<html><head><title>${status}</title></head><body>Cloudflare</body></html>`);
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
