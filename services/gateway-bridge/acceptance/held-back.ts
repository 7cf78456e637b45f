import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:net";
import { setImmediate as turn } from "node:timers/promises";

const MESSAGE = "0123456789";

/**
 * A connection of which Nagle's algorithm holds back small messages, as of every one that nobody told otherwise: what
 * ours is compared with on the same machine, at the same moment, however busy that is.
 */
export async function openHeldBack(): Promise<{ span(messages: number): Promise<number>; close(): void }> {
  const arrivedAtMs: number[] = [];
  let awaited = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("data", ({ length }) => {
      for (let read = 0; read < length; read += MESSAGE.length) arrivedAtMs.push(performance.now());
      // It answers the last, as the gateway does: a system acknowledges at once where nothing is ever answered.
      if (arrivedAtMs.length >= awaited) socket.write(MESSAGE);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect({ host: "127.0.0.1", port: (server.address() as AddressInfo).port, noDelay: false });
  await once(client, "connect");
  return {
    /** Writes so many messages, and tells how many milliseconds after the first the last arrived. */
    async span(messages) {
      const first = arrivedAtMs.length;
      awaited = first + messages;
      const answered = once(client, "data");
      for (let written = 0; written < messages; written += 1) {
        client.write(MESSAGE);
        await turn();
      }
      await answered;
      return (arrivedAtMs[awaited - 1] ?? Number.NaN) - (arrivedAtMs[first] ?? Number.NaN);
    },
    close() {
      client.destroy();
      server.close();
    },
  };
}
