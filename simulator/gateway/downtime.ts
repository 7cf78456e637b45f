import { type Listener, PortError } from "./listener.ts";
import type { Log } from "./log.ts";
import type { Timers } from "./timers.ts";

const reopenIntervalMs = 1000;

/** The time in which the port is closed during a restart. */
export class Downtime {
  readonly #listener: Listener;
  readonly #timers: Timers;
  readonly #log: Log;
  #running: Promise<void> | undefined;

  constructor(listener: Listener, timers: Timers, log: Log) {
    this.#listener = listener;
    this.#timers = timers;
    this.#log = log;
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /**
   * Closes the port, and opens it again after a time: as soon as nobody else has it. While one runs, a second call is
   * the same downtime.
   *
   * @param begin what has to be done while it is closed.
   * @param mayOpen false when it is to stay closed.
   */
  run(downtimeMs: number, begin: () => void, mayOpen: () => boolean): Promise<void> {
    this.#running ??= this.#run(downtimeMs, begin, mayOpen).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(downtimeMs: number, begin: () => void, mayOpen: () => boolean): Promise<void> {
    this.#listener.close();
    begin();
    await this.#timers.pause(downtimeMs);
    while (mayOpen() && !this.#listener.isOpen) await this.#reopen();
  }

  /** Opens the port again; when somebody took it meanwhile, says so and waits a second before the next attempt. */
  async #reopen(): Promise<void> {
    try {
      await this.#listener.open();
    } catch (error) {
      if (!(error instanceof PortError)) throw error;
      this.#log("error", "the port cannot be opened again", { reason: error.message });
      await this.#timers.pause(reopenIntervalMs);
    }
  }
}
