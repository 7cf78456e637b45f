import type { Bus } from "#libs/bus/mod.ts";
import { interestMessage } from "#libs/contracts/mod.ts";
import type { Logger } from "#libs/service/mod.ts";

export interface InterestOptions {
  readonly bus: Bus;
  readonly logger: Logger;
  readonly onChange: () => void;
}

/** The symbols that the strategies ask for: what was said last, also while this process or the bus was away. */
export class Interest {
  readonly #options: InterestOptions;
  #symbols: readonly string[] = [];
  #stopWatching: () => void = () => undefined;

  constructor(options: InterestOptions) {
    this.#options = options;
  }

  /** Most important first. */
  get symbols(): readonly string[] {
    return this.#symbols;
  }

  async start(): Promise<void> {
    const { bus, logger } = this.#options;
    bus.subscribe(interestMessage, ({ data }) => this.#take(data.symbols));
    await this.#read();
    this.#stopWatching = bus.onChange((up) => {
      if (!up) return;
      this.#read().catch((error: unknown) => logger.warn({ error: String(error) }, "interest could not be read"));
    });
  }

  stop(): void {
    this.#stopWatching();
  }

  async #read(): Promise<void> {
    const newest = await this.#options.bus.lastValue(interestMessage, []);
    if (newest !== null) this.#take(newest.data.symbols);
  }

  #take(symbols: readonly string[]): void {
    this.#symbols = symbols;
    this.#options.onChange();
  }
}
