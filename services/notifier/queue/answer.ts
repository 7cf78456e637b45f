/** What a POST to the webhook came to, as far as the queue is concerned. */
export type Answer =
  /** Discord has it. `pauseMs`: its headers say that the next one has to wait this long; 0 for not at all. */
  | { readonly kind: "delivered"; readonly messageId: string | null; readonly pauseMs: number }
  /** 429. Null when it does not say for how long. */
  | { readonly kind: "rate-limited"; readonly retryAfterMs: number | null; readonly detail: string }
  /** Discord will never take this message; others it may. */
  | { readonly kind: "message-refused"; readonly detail: string }
  /** Discord will take nothing from this webhook; repeating it leads to a ban of the address. */
  | { readonly kind: "webhook-refused"; readonly detail: string }
  /** The network or Discord is in trouble: whether Discord has it is not known. */
  | { readonly kind: "failed"; readonly detail: string };
