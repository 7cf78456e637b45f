import type { ClientOrderId } from "#libs/contracts/mod.ts";
import type { Connection } from "../gateway/connection.ts";
import type { BrokerList } from "../gateway/reports.ts";
import { type Gathered, Pass } from "./pass.ts";

export interface ReaderOptions {
  readonly nowMs: () => number;
  readonly nextRequestId: () => number;
}

export interface Reading {
  /** Orders that were written before it began. */
  readonly considered: ReadonlySet<ClientOrderId>;
  readonly onDone: (gathered: Gathered) => void;
}

const PASS_DEADLINE_MS = 30_000;
/** Until the next attempt when a pass did not end. */
const AGAIN_MS = 5000;
/** How often the orders of others are looked for while the session is ready; nobody tells of them unasked. */
const LOOK_EVERY_MS = 30_000;

/** Reads the broker's lists, one pass at a time, when somebody wants to know, and the open orders of all now and then. */
export class Reader {
  readonly #options: ReaderOptions;
  #connection: Connection | null = null;
  #pass: Pass | null = null;
  /** Lists asked for and not ended: an end belongs to the newest request only when no older one is outstanding. */
  readonly #asked = new Map<BrokerList, number>();
  #nextPassAtMs: number | null = null;
  #nextLookAtMs = Number.POSITIVE_INFINITY;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  attach(connection: Connection): void {
    this.#connection = connection;
  }

  detach(): void {
    this.#connection = null;
    this.#pass = null;
    this.#asked.clear();
    this.#nextPassAtMs = null;
    this.#nextLookAtMs = Number.POSITIVE_INFINITY;
  }

  /** The pass that runs; null when none does. */
  get pass(): Pass | null {
    return this.#pass;
  }

  /** A pass is wanted this soon, if none was wanted sooner. */
  passIn(ms: number): void {
    const at = this.#options.nowMs() + ms;
    this.#nextPassAtMs = this.#nextPassAtMs === null ? at : Math.min(this.#nextPassAtMs, at);
  }

  /** What is due now that the session is ready: a whole pass, a look at the open orders of all, or nothing. */
  due(): "pass" | "look" | null {
    const now = this.#options.nowMs();
    if (this.#pass !== null && now - this.#pass.startedAtMs > PASS_DEADLINE_MS) {
      this.#pass = null;
      this.#asked.clear();
      this.passIn(AGAIN_MS);
    }
    if (this.#pass !== null) return null;
    if (this.#nextPassAtMs !== null && now >= this.#nextPassAtMs) return "pass";
    return now >= this.#nextLookAtMs ? "look" : null;
  }

  /**
   * Asks for the broker's lists; executions last, so that they include what the others show as done (tws.md 7.4).
   *
   * @param whileSyncing lists that whoever syncs asks for itself, before or after this call, in the same turn
   */
  read(reading: Reading, whileSyncing: readonly ("positions" | "account-summary")[] = []): void {
    const connection = this.#connection;
    if (connection === null) return;
    this.#nextPassAtMs = null;
    this.#begin(["open-orders", "completed-orders", ...whileSyncing, "executions"], reading);
    // The open orders end twice: this client's, which are bound to it, and everybody's.
    this.#asked.set("open-orders", (this.#asked.get("open-orders") ?? 0) + 1);
    connection.askOpenOrders();
    connection.askAllOpenOrders();
    connection.askCompletedOrders();
    if (whileSyncing.includes("positions")) connection.askPositions();
    connection.askExecutions(this.#options.nextRequestId());
  }

  /** Reads the open orders of all clients alone. */
  look(reading: Reading): void {
    const connection = this.#connection;
    if (connection === null) return;
    this.#begin(["open-orders"], reading);
    connection.askAllOpenOrders();
  }

  /** Whether the next end of this list is that of the newest request for it. */
  isLast(list: BrokerList): boolean {
    return (this.#asked.get(list) ?? 1) <= 1;
  }

  listEnded(list: BrokerList): void {
    const isLast = this.isLast(list);
    this.#asked.set(list, Math.max(0, (this.#asked.get(list) ?? 1) - 1));
    const pass = this.#pass;
    if (isLast && pass?.end(list) && this.#pass === pass) this.#pass = null;
  }

  #begin(lists: readonly BrokerList[], { considered, onDone }: Reading): void {
    const startedAtMs = this.#options.nowMs();
    this.#nextLookAtMs = startedAtMs + LOOK_EVERY_MS;
    for (const list of lists) this.#asked.set(list, (this.#asked.get(list) ?? 0) + 1);
    this.#pass = new Pass({ lists, considered, startedAtMs, onDone });
  }
}
