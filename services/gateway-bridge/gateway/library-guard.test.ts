import { createServer, type Server, type Socket } from "node:net";
import { EventName, IBApi } from "@stoqey/ib";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { FrameCheck, guardLibrary } from "./library-guard.ts";

const frame = (body: string): Buffer => {
  const bytes = Buffer.from(body);
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

describe("frames", () => {
  it("are followed in whatever pieces they come", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, maxLength: 300 }), { maxLength: 10 }),
        fc.integer({ min: 1, max: 50 }),
        (bodies, piece) => {
          const stream = Buffer.concat(bodies.map(frame));
          const check = new FrameCheck();
          for (let at = 0; at < stream.length; at += piece)
            expect(check.push(stream.subarray(at, at + piece))).toBeUndefined();
        },
      ),
    );
  });

  it.each([-4, -1, 0, 0x48545450])("of %i bytes are none", (length) => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(length);
    expect(new FrameCheck().push(Buffer.concat([frame("fine"), bytes]))).toBe(length);
  });
});

describe("the library behind the guard", () => {
  let server: Server | undefined;
  let api: IBApi | undefined;

  afterEach(async () => {
    api?.disconnect();
    await new Promise<void>((resolve) => (server === undefined ? resolve() : server.close(() => resolve())));
  });

  /** A gateway that answers the first bytes with these. */
  async function against(answer: (socket: Socket) => void): Promise<string> {
    server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => answer(socket));
    });
    const listening = server;
    const port = await new Promise<number>((resolve) => {
      listening.listen(0, "127.0.0.1", () => {
        const address = listening.address();
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
    const connection = new IBApi({ host: "127.0.0.1", port, clientId: 1, maxReqPerSec: 1000 });
    api = connection;
    return await new Promise<string>((resolve) => {
      const guard = guardLibrary(connection, resolve);
      connection.on(EventName.sent, () => guard.tcpIsOpen());
      connection.connect(1);
    });
  }

  it("does not loop for ever on a frame length of -4", async () => {
    expect(await against((socket) => void socket.write(Buffer.from([0xff, 0xff, 0xff, 0xfc, 1, 2, 3, 4])))).toContain(
      "-4 bytes",
    );
  });

  it("does not end the process on a malformed rejection", async () => {
    const words = await against((socket) => {
      socket.write(frame("193\x0020261122 13:00:00 EST\0"));
      socket.write(frame("4\x002\x007\x00201\x00rejected\x00{not json\0"));
    });
    expect(words).toContain("could not be read");
  });
});
