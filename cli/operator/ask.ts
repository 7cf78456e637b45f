import { z } from "zod";
import { type Bus, BusError, NoResponderError, RemoteError, RequestTimeoutError } from "#libs/bus/mod.ts";
import type { Settings } from "#libs/config/mod.ts";
import { type CONTROL_VERBS, controlMessage } from "#libs/contracts/mod.ts";
import { settingsOrExit } from "../settings.ts";
import { connectOperator } from "./connect.ts";

/** Exit codes of the commands that ask a running service for something. A wrong command line ends with 2. */
export const ANSWER_EXIT = {
  done: 0,
  /** Answered, and the answer is no: an order that would be denied. */
  denied: 1,
  /** The service said no; its words are printed. */
  refused: 1,
  /** Nobody was there to ask, or the answer did not come: whether it was done is then not known. */
  unreachable: 3,
} as const;

/** What came of a question, and how the command ends with it. */
export interface Answer {
  readonly outcome: keyof typeof ANSWER_EXIT;
  /** For the operator: one or more lines. */
  readonly words: string;
}

/** The server is on this machine: it is there at once, or it is not running. */
const CONNECT_TIMEOUT_MS = 3000;
const REPLY_TIMEOUT_MS = 5000;

/** Opens the operator's connection, asks over it, and closes it. Whatever the bus has to complain about is an answer. */
export async function askAsOperator(settings: Settings, ask: (bus: Bus) => Promise<Answer>): Promise<Answer> {
  let bus: Bus | undefined;
  try {
    bus = await connectOperator(settings, CONNECT_TIMEOUT_MS);
    return await ask(bus);
  } catch (error) {
    const answer = answerOf(error);
    if (answer === null) throw error;
    return answer;
  } finally {
    await bus?.close();
  }
}

type ControlledService = keyof typeof CONTROL_VERBS;

/** Asks a service for one of its control verbs. `replyTimeoutMs`: for verbs that take longer than a look. */
export async function control<Service extends ControlledService>(
  bus: Bus,
  service: Service,
  verb: (typeof CONTROL_VERBS)[Service][number],
  data: z.input<typeof controlMessage.data>,
  replyTimeoutMs: number = REPLY_TIMEOUT_MS,
): Promise<Answer> {
  const reply = await bus.request(controlMessage, [service, verb], data, { timeoutMs: replyTimeoutMs });
  return { outcome: reply.ok ? "done" : "refused", words: reply.message };
}

/** @returns null for a defect of this command */
export function answerOf(error: unknown): Answer | null {
  if (error instanceof z.ZodError) {
    return {
      outcome: "unreachable",
      words: `The answer cannot be read: ${z.prettifyError(error)}\nThe service runs another version than this command: \`npm stop\`, then \`npm start\`.`,
    };
  }
  if (!(error instanceof BusError)) return null;
  if (error instanceof RemoteError) return { outcome: "refused", words: error.message };
  if (error instanceof NoResponderError) {
    return { outcome: "unreachable", words: `${error.message} \`npm run status\` shows what runs.` };
  }
  if (error instanceof RequestTimeoutError) {
    return {
      outcome: "unreachable",
      words: `${error.message} Whether it was done is not known: look before you ask again.`,
    };
  }
  return { outcome: "unreachable", words: error.message };
}

/** Runs a question from the command line to its end: prints the words, and ends the process with the exit code. */
export async function askAndExit(ask: (bus: Bus) => Promise<Answer>): Promise<never> {
  const { settings } = settingsOrExit();
  const { outcome, words } = await askAsOperator(settings, ask);
  if (outcome === "done" || outcome === "denied") console.log(words);
  else console.error(words);
  process.exit(ANSWER_EXIT[outcome]);
}
