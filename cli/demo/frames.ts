import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { z } from "zod";

/** Marks of a connection's beginning and end in the log; neither is a message. */
const MARKS: ReadonlySet<string> = new Set(["HELLO", "CLOSED"]);

const frameSchema = z.object({ direction: z.enum(["received", "sent"]), name: z.string() });

/** What reached the gateway's socket, by message name: counted from the simulated gateway's own frame log. */
export async function countReceivedFrames(frameLog: string): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for await (const line of createInterface({
    input: createReadStream(frameLog),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    if (line === "") continue;
    const frame = frameSchema.parse(JSON.parse(line));
    if (frame.direction === "received" && !MARKS.has(frame.name)) counts[frame.name] = (counts[frame.name] ?? 0) + 1;
  }
  return counts;
}
