import type { Answer } from "./answer.ts";
import { backoffMs } from "./backoff.ts";
import { chooseDraft } from "./choose.ts";
import type { Draft, Entry } from "./entry.ts";
import { fullPace, type Pace, type PaceSettings, spend, waitMs } from "./pace.ts";

/** Failures in a row after which Discord counts as out of reach, and the operator is told once it is not. */
const UNREACHABLE_AFTER = 3;
/** Discord's clock and ours tick apart: come back a little after the time it names, never before. */
const RATE_LIMIT_MARGIN_MS = 50;
const RATE_LIMIT_JITTER_MS = 200;

/** Whether messages may go. */
export type Gate =
  | { readonly kind: "open" }
  /** `must`: Discord said so, and not even the operator may shorten it. */
  | { readonly kind: "waiting"; readonly untilMs: number; readonly must: boolean; readonly why: string }
  /** The webhook is no good: nothing is sent until the operator says so or starts it with another. */
  | { readonly kind: "stopped"; readonly why: string };

export interface QueueState {
  readonly settings: PaceSettings;
  /** What waits, in outbox order. What is at Discord right now is still among them. */
  readonly entries: readonly Entry[];
  readonly inFlight: Draft | null;
  readonly gate: Gate;
  readonly pace: Pace;
  /** Attempts in a row that brought nothing. */
  readonly failures: number;
  /** Since when Discord is out of reach; null while it is not. */
  readonly unreachableSinceMs: number | null;
}

/** All times are the machine's monotonic clock. */
export type QueueEvent = { readonly nowMs: number } & (
  | { readonly kind: "alert"; readonly entry: Entry }
  | { readonly kind: "wake" }
  /** What the message in flight came to. `jitter` is 0 to 1, drawn by the caller. */
  | { readonly kind: "answer"; readonly answer: Answer; readonly jitter: number }
  /** The operator asks to try again, whatever was wrong. */
  | { readonly kind: "retry" }
);

export type QueueEffect =
  | { readonly kind: "post"; readonly draft: Draft }
  | { readonly kind: "delivered"; readonly entries: readonly Entry[]; readonly messageId: string | null }
  | { readonly kind: "refused"; readonly entry: Entry; readonly detail: string }
  | { readonly kind: "wake"; readonly atMs: number }
  | { readonly kind: "stopped"; readonly detail: string }
  | { readonly kind: "delayed"; readonly forMs: number; readonly detail: string }
  | { readonly kind: "unreachable"; readonly detail: string }
  | { readonly kind: "reachable"; readonly outageMs: number };

export interface Step {
  readonly state: QueueState;
  readonly effects: readonly QueueEffect[];
}

export function emptyQueue(settings: PaceSettings, nowMs: number): QueueState {
  return {
    settings,
    entries: [],
    inFlight: null,
    gate: { kind: "open" },
    pace: fullPace(settings, nowMs),
    failures: 0,
    unreachableSinceMs: null,
  };
}

/** The delivery queue: what to do when something happens. Nothing leaves it but delivered or refused for good. */
export function decide(state: QueueState, event: QueueEvent): Step {
  const taken = take(state, event);
  const next = advance(taken.state, event.nowMs);
  return { state: next.state, effects: [...taken.effects, ...next.effects] };
}

function take(state: QueueState, event: QueueEvent): Step {
  switch (event.kind) {
    case "alert":
      return { state: { ...state, entries: insert(state.entries, event.entry) }, effects: [] };
    case "wake":
      return { state, effects: [] };
    case "retry":
      if (state.gate.kind === "waiting" && state.gate.must) return { state, effects: [] };
      return { state: { ...state, gate: { kind: "open" }, failures: 0 }, effects: [] };
    case "answer":
      return state.inFlight === null
        ? { state, effects: [] }
        : answered({ ...state, inFlight: null }, state.inFlight, event.answer, event);
  }
}

function answered(
  state: QueueState,
  draft: Draft,
  answer: Answer,
  { nowMs, jitter }: { readonly nowMs: number; readonly jitter: number },
): Step {
  switch (answer.kind) {
    case "delivered":
      return {
        state: {
          ...without(state, draft.entries),
          ...REACHED,
          gate:
            answer.pauseMs > 0
              ? {
                  kind: "waiting",
                  untilMs: nowMs + answer.pauseMs + RATE_LIMIT_MARGIN_MS,
                  must: true,
                  why: "Discord's rate limit",
                }
              : { kind: "open" },
        },
        effects: [
          { kind: "delivered", entries: draft.entries, messageId: answer.messageId },
          ...reachable(state, nowMs),
        ],
      };
    case "rate-limited": {
      const failures = state.failures + 1;
      const forMs =
        answer.retryAfterMs === null
          ? backoffMs(failures, jitter)
          : answer.retryAfterMs + RATE_LIMIT_MARGIN_MS + Math.round(jitter * RATE_LIMIT_JITTER_MS);
      return {
        state: {
          ...state,
          failures,
          gate: { kind: "waiting", untilMs: nowMs + forMs, must: true, why: answer.detail },
        },
        effects: [{ kind: "delayed", forMs, detail: answer.detail }],
      };
    }
    case "message-refused":
      return refused({ ...state, ...REACHED, gate: { kind: "open" } }, draft, answer.detail, reachable(state, nowMs));
    case "webhook-refused":
      return {
        state: { ...state, ...REACHED, gate: { kind: "stopped", why: answer.detail } },
        effects: [...reachable(state, nowMs), { kind: "stopped", detail: answer.detail }],
      };
    case "failed": {
      const failures = state.failures + 1;
      const forMs = backoffMs(failures, jitter);
      const entersOutage = failures >= UNREACHABLE_AFTER && state.unreachableSinceMs === null;
      return {
        state: {
          ...state,
          failures,
          unreachableSinceMs: entersOutage ? nowMs : state.unreachableSinceMs,
          gate: { kind: "waiting", untilMs: nowMs + forMs, must: false, why: answer.detail },
        },
        effects: [
          { kind: "delayed", forMs, detail: answer.detail },
          ...(entersOutage ? [{ kind: "unreachable" as const, detail: answer.detail }] : []),
        ],
      };
    }
  }
}

/** A message Discord refuses is tried once more in the plainest form, each alert alone, before it is given up. */
function refused(state: QueueState, draft: Draft, detail: string, effects: readonly QueueEffect[]): Step {
  if (draft.form === "plain") {
    const [entry] = draft.entries;
    return { state: without(state, draft.entries), effects: [...effects, { kind: "refused", entry, detail }] };
  }
  const plain = new Set(draft.entries.map((entry) => entry.key));
  return {
    state: {
      ...state,
      entries: state.entries.map((entry) => (plain.has(entry.key) ? { ...entry, plain: true } : entry)),
    },
    effects,
  };
}

/** Sends the next message if it may go now; else says when to look again. At most one is in flight. */
function advance(state: QueueState, nowMs: number): Step {
  if (state.inFlight !== null || state.gate.kind === "stopped" || state.entries.length === 0) {
    return { state, effects: [] };
  }
  const gateMs = state.gate.kind === "waiting" ? state.gate.untilMs - nowMs : 0;
  const forMs = Math.max(gateMs, waitMs(state.pace, state.settings, nowMs));
  if (forMs > 0) return { state, effects: [{ kind: "wake", atMs: nowMs + forMs }] };
  const draft = chooseDraft(state.entries);
  if (draft === undefined) return { state, effects: [] };
  return {
    state: {
      ...state,
      gate: { kind: "open" },
      inFlight: draft,
      pace: spend(state.pace, state.settings, nowMs),
    },
    effects: [{ kind: "post", draft }],
  };
}

const REACHED = { failures: 0, unreachableSinceMs: null } as const;

const reachable = (state: QueueState, nowMs: number): readonly QueueEffect[] =>
  state.unreachableSinceMs === null ? [] : [{ kind: "reachable", outageMs: nowMs - state.unreachableSinceMs }];

function without(state: QueueState, entries: readonly Entry[]): QueueState {
  const gone = new Set(entries.map((entry) => entry.key));
  return { ...state, entries: state.entries.filter((entry) => !gone.has(entry.key)) };
}

/** Keeps outbox order also for an alert that is handed out late; one that is already there stays as it is. */
function insert(entries: readonly Entry[], entry: Entry): readonly Entry[] {
  if (entries.some((known) => known.key === entry.key)) return entries;
  const after = entries.findLastIndex((known) => known.sequence <= entry.sequence);
  return entries.toSpliced(after + 1, 0, entry);
}
