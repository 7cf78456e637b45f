import tx2 from "tx2";

// Its own asks for no answer: once PM2 is gone, the error of a message ended the process in the middle of its stop.
tx2.send = (message) => {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
};

/**
 * Shows a service's figures in `pm2 monit`. Each figure is registered when it is first seen; without PM2 this does
 * nothing.
 */
export class Metrics {
  readonly #values = new Map<string, string | number>();

  show(figures: Readonly<Record<string, string | number>>): void {
    for (const [name, value] of Object.entries(figures)) {
      const known = this.#values.has(name);
      this.#values.set(name, value);
      if (!known && process.send) tx2.metric(name, () => this.#values.get(name) ?? "");
    }
  }
}
