/** What the fake Discord does with requests, other than behaving well. */
export type Behaviour =
  | { readonly kind: "normal" }
  /** The port is closed: connections are refused. */
  | { readonly kind: "refuse" }
  /** The request is read and never answered. */
  | { readonly kind: "hang" }
  /** The connection is reset; with `accepting`, after the message was taken, as when an answer is lost. */
  | { readonly kind: "reset"; readonly accepting?: boolean }
  | { readonly kind: "rate-limit"; readonly scope: "user" | "global" | "shared"; readonly retryAfterSeconds: number }
  /** Cloudflare in front of Discord: 429 with Retry-After and a page of HTML. */
  | { readonly kind: "cloudflare-rate-limit"; readonly retryAfterSeconds: number }
  /** 404 with code 10015: the webhook was deleted. */
  | { readonly kind: "unknown-webhook" }
  /** Any other status: 500, 502, 401, 403 ... with Discord's JSON where a code is given, else a page of HTML. */
  | { readonly kind: "status"; readonly status: number; readonly code?: number };
