import { createSocket } from "node:dgram";
import { createServer } from "node:net";

/**
 * Below every port that a system hands out by itself (Linux from 32768, macOS and Windows from 49152): none of these
 * goes to a socket by chance while the test's server has not begun yet, or is down.
 */
const FIRST = 20_000;
const LAST = 32_767;

/** A port on 127.0.0.1 that is the caller's as long as this process lives, also while nobody listens there. */
export async function claimPort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST + 1));
    if ((await isOurs(port)) && (await isFree(port))) return port;
  }
}

/**
 * Files of one run are played at the same time, and several runs on one machine, by processes of their own. The UDP port of
 * the same number, which nothing here uses, tells them all whose it is, and is given back with the end of its process.
 */
function isOurs(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const claim = createSocket("udp4");
    claim.once("error", () => {
      claim.close();
      resolve(false);
    });
    claim.bind({ address: "127.0.0.1", port, exclusive: true }, () => {
      claim.unref();
      resolve(true);
    });
  });
}

/** Whether no other program listens there, and the system lets this one do so. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
