import { createServer, type Server, type Socket } from "node:net";

/** Thrown when the gateway's port cannot be opened. */
export class PortError extends Error {
  readonly code = "SIM_PORT_TAKEN";

  constructor(port: number, cause: unknown) {
    const reason = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    super(
      `Port ${port} on 127.0.0.1 cannot be opened (${reason}). Another program has it, perhaps a second simulated ` +
        "gateway or a real one: stop that program, or choose another port with --port (SIM_PORT).",
      { cause },
    );
    this.name = "PortError";
  }
}

/** The gateway's TCP port, on the loopback interface only. Can be closed and opened again, on the same number. */
export class Listener {
  readonly #onConnection: (socket: Socket) => void;
  #server: Server | undefined;
  #port: number;

  /** @param port 0 takes a free one, and keeps it from then on. */
  constructor(port: number, onConnection: (socket: Socket) => void) {
    this.#port = port;
    this.#onConnection = onConnection;
  }

  get port(): number {
    return this.#port;
  }

  get isOpen(): boolean {
    return this.#server !== undefined;
  }

  /** @throws PortError when the port is taken. */
  async open(): Promise<void> {
    if (this.#server !== undefined) return;
    this.#server = await this.#listen(this.#port);
    this.#port = portOf(this.#server) ?? this.#port;
  }

  /** Goes to another port, 0 for a free one; the old one is closed once the new one is open. @throws PortError. */
  async moveTo(port: number): Promise<void> {
    const server = await this.#listen(port);
    this.close();
    this.#server = server;
    this.#port = portOf(server) ?? port;
  }

  /** Closes the port; open connections stay. */
  close(): void {
    this.#server?.close();
    this.#server = undefined;
  }

  async #listen(port: number): Promise<Server> {
    const server = createServer({ noDelay: true }, this.#onConnection);
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error) => reject(new PortError(port, error)));
      server.listen(port, "127.0.0.1", resolve);
    });
    return server;
  }
}

function portOf(server: Server): number | undefined {
  const address = server.address();
  return address !== null && typeof address === "object" ? address.port : undefined;
}
