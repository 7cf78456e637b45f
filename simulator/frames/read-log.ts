import { readFileSync } from "node:fs";
import { z } from "zod";
import { FrameLogError } from "./frame-log-error.ts";

/** One line of a frame log, as `--frame-log` writes it. */
const loggedFrameSchema = z.object({
  direction: z.enum(["received", "sent"]),
  session: z.int().min(1),
  clientId: z.int().nullable(),
  machineTime: z.string(),
  marketTime: z.string(),
  id: z.int(),
  name: z.string(),
  fields: z.array(z.union([z.string(), z.number(), z.boolean()])),
});

export type LoggedFrame = z.infer<typeof loggedFrameSchema>;

/** The server version of each session: the layout of its messages follows from it. */
export function serverVersions(frames: readonly LoggedFrame[]): Map<number, number> {
  const answers = frames.filter(({ name }) => name === "SERVER_VERSION");
  return new Map(answers.map(({ session, fields }) => [session, Number(fields[0])]));
}

/** Reads a frame log. @throws FrameLogError naming the first line that is not one of a frame log. */
export function readFrameLog(path: string): LoggedFrame[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new FrameLogError(path, "the frame log cannot be read; give a file that --frame-log has written", { cause });
  }
  const lines = text.split("\n");
  return lines.flatMap((line, index) => (line === "" ? [] : [readLine(line, `${path} line ${index + 1}`)]));
}

function readLine(line: string, where: string): LoggedFrame {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (cause) {
    throw new FrameLogError(where, "this is no JSON; give a file that --frame-log has written", { cause });
  }
  const result = loggedFrameSchema.safeParse(json);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new FrameLogError(where, `${issue?.path.join(".")}: ${issue?.message}; give what --frame-log has written`);
}
