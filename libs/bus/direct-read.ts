import type { StoredMsg } from "@nats-io/jetstream";
import type { StreamName } from "#libs/contracts/mod.ts";
import type { Bus } from "./bus.ts";
import { BusError } from "./errors.ts";

const BATCH_MESSAGES = 256;
/** A batch that stands still for this long was cut off by the server going away. */
const STALL_MS = 2000;
const RETRY_DELAY_MS = 250;

/**
 * Reads up to 256 stored messages from a sequence on, without a consumer. Empty when there are none. Repeats while
 * the bus is away, until `signal` says that nobody waits any more.
 */
export async function readBatch(
  bus: Bus,
  stream: StreamName,
  fromSequence: number,
  signal?: AbortSignal,
): Promise<StoredMsg[]> {
  for (;;) {
    try {
      return await readOnce(bus, stream, fromSequence);
    } catch (error) {
      if (bus.connection.isClosed() || signal?.aborted) throw error;
      bus.context.logger.warn(
        { stream, fromSequence, error: String(error) },
        "reading the stream failed, reading again",
      );
      await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY_MS));
    }
  }
}

async function readOnce(bus: Bus, stream: StreamName, fromSequence: number): Promise<StoredMsg[]> {
  const messages: StoredMsg[] = [];
  await new Promise<void>((resolve, reject) => {
    let stall: NodeJS.Timeout | undefined;
    let stop: () => void = () => undefined;
    const end = (error?: Error) => {
      clearTimeout(stall);
      stop();
      if (error) reject(error);
      else resolve();
    };
    const expectMore = () => {
      clearTimeout(stall);
      stall = setTimeout(
        () =>
          end(new BusError("READ_STALLED", `Reading ${stream} from ${fromSequence} got no answer in ${STALL_MS} ms.`)),
        STALL_MS,
      );
    };
    expectMore();
    bus.manager.direct
      .getBatch(stream, {
        seq: fromSequence,
        batch: BATCH_MESSAGES,
        callback: (done, message) => {
          if (done) {
            // "Not found" is how the server says that nothing is stored from this sequence on.
            if (done.err && !/not found|no results/i.test(done.err.message)) end(done.err);
            else end();
            return;
          }
          messages.push(message);
          expectMore();
        },
      })
      .then(
        (iterator) => {
          stop = () => iterator.stop();
        },
        (error: unknown) => end(error instanceof Error ? error : new Error(String(error))),
      );
  });
  return messages;
}
