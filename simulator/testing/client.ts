import { type Contract, EventName, IBApi, type Order, OrderAction, OrderType, SecType } from "@stoqey/ib";
import type { SimulatedGateway } from "../mod.ts";

interface SeenEvent {
  readonly name: string;
  // The library hands out untyped arguments; each test says what it expects of them.
  readonly args: readonly unknown[];
}

/** Ends a test that hangs; says nothing of how fast the gateway is. */
const waitMsMax = 15_000;

/** The real `@stoqey/ib` client with a memory: what the tests of the simulated gateway talk through. */
export class TestClient {
  readonly api: IBApi;
  readonly events: SeenEvent[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(gateway: Pick<SimulatedGateway, "port">, clientId: number) {
    this.api = new IBApi({ host: "127.0.0.1", port: gateway.port, clientId, maxReqPerSec: 10_000 });
    this.api.on(EventName.all, (name: string, args: unknown[]) => {
      if (name === EventName.sent || name === EventName.received) return;
      this.events.push({ name, args });
      for (const wake of this.#waiting) wake();
    });
  }

  /** Connects and waits for the next valid id. */
  async ready(): Promise<number> {
    this.api.connect();
    const [orderId] = await this.next(EventName.nextValidId);
    return Number(orderId);
  }

  /** All argument lists of an event so far. */
  all(name: EventName): (readonly unknown[])[] {
    return this.events.filter((event) => event.name === name).map((event) => event.args);
  }

  /** The first event of that name, past or to come, for which the condition holds. */
  next(
    name: EventName,
    condition: (args: readonly unknown[]) => boolean = () => true,
    waitMs = waitMsMax,
  ): Promise<readonly unknown[]> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        const seen = this.events.map((event) => `${event.name} ${JSON.stringify(event.args)}`).join("\n");
        reject(new Error(`no ${name} as awaited within ${waitMs} ms; seen:\n${seen}`));
      }, waitMs);
      const look = () => {
        const found = this.events.find((event) => event.name === name && condition(event.args));
        if (found === undefined) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(found.args);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** The first error with a code, past or to come, whether the library reports it as `error` or as `info`. */
  async error(code: number, reqId?: number): Promise<string> {
    if (reqId === undefined) {
      const [text] = await this.next(EventName.info, (args) => args[1] === code);
      return String(text);
    }
    const [error] = await this.next(EventName.error, (args) => args[1] === code && args[2] === reqId);
    return error instanceof Error ? error.message : String(error);
  }

  /** Complaints of the library that it could not decode a message: there must never be any. */
  decodeErrors(): string[] {
    return this.all(EventName.error)
      .filter((args) => args[1] === 505)
      .map((args) => String(args[0]));
  }

  /** Everything the gateway had to say to what was asked before has arrived: a connection keeps its order. */
  async settled(): Promise<void> {
    const before = this.all(EventName.managedAccounts).length;
    this.api.reqManagedAccts();
    await this.next(EventName.managedAccounts, () => this.all(EventName.managedAccounts).length > before);
  }

  close(): void {
    this.api.disconnect();
    this.api.removeAllListeners();
  }
}

export function stock(symbol: string): Contract {
  return { symbol, secType: SecType.STK, exchange: "SMART", currency: "USD" };
}

export function limitOrder(
  action: "BUY" | "SELL",
  quantity: number,
  lmtPrice: number,
  more: Partial<Order> = {},
): Order {
  return { ...order(action, quantity, OrderType.LMT), lmtPrice, ...more };
}

export function marketOrder(action: "BUY" | "SELL", quantity: number, more: Partial<Order> = {}): Order {
  return { ...order(action, quantity, OrderType.MKT), ...more };
}

export function stopOrder(
  action: "BUY" | "SELL",
  quantity: number,
  auxPrice: number,
  more: Partial<Order> = {},
): Order {
  return { ...order(action, quantity, OrderType.STP), auxPrice, ...more };
}

function order(action: "BUY" | "SELL", totalQuantity: number, orderType: OrderType): Order {
  return {
    action: action === "BUY" ? OrderAction.BUY : OrderAction.SELL,
    totalQuantity,
    orderType,
    tif: "DAY",
    transmit: true,
  };
}

/** Lets the event loop run for a while. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
