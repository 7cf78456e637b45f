import { randomUUID } from "node:crypto";
import type { Bus } from "#libs/bus/mod.ts";
import type { Outcome } from "#libs/contracts/mod.ts";
import { monotonicNowMs } from "#libs/time/mod.ts";
import type { Outbox } from "./outbox/outbox.ts";
import { TEST_CODE } from "./queue/choose.ts";

/** The operator waits for the answer; within this time it is one, even if the message is still on its way. */
const ANSWER_WITHIN_MS = 8000;
const LOOK_INTERVAL_MS = 100;

/**
 * Sends a test message the way every alert goes: over the disk, through the queue, to Discord. It also lets messages
 * go again after Discord refused the webhook.
 */
export async function answerTest(bus: Bus, outbox: Outbox, webhookSet: boolean, reason: string): Promise<Outcome> {
  if (!webhookSet) {
    return {
      ok: false,
      message:
        "No webhook is set: alerts are kept in the ledger. Set DISCORD_WEBHOOK_URL in .env, then `npm stop` and `npm start`.",
    };
  }
  const id = randomUUID();
  const outcome = outbox.outcomeOf(id);
  await bus.alert(
    {
      severity: "info",
      code: TEST_CODE,
      title: "Test message: alerts reach you",
      text: reason,
      fields: [],
    },
    { id },
  );
  outbox.retry();
  let stopLooking: NodeJS.Timeout | undefined;
  const verdict = await Promise.race([
    outcome.then(({ outcome: how, messageId, detail }): Outcome => {
      if (how === "delivered") return { ok: true, message: `Delivered: Discord's message ${messageId ?? "(no id)"}.` };
      return { ok: false, message: `Discord refused the test message: ${detail}` };
    }),
    new Promise<Outcome>((resolve) => {
      const deadline = monotonicNowMs() + ANSWER_WITHIN_MS;
      stopLooking = setInterval(() => {
        const { gate, entries } = outbox.state;
        if (gate.kind === "stopped") resolve({ ok: false, message: `Discord refuses the webhook: ${gate.why}` });
        else if (monotonicNowMs() > deadline) {
          const why = gate.kind === "waiting" ? `, waiting: ${gate.why}` : "";
          resolve({ ok: false, message: `Not delivered yet: ${entries.length} alerts wait${why}. It stays queued.` });
        }
      }, LOOK_INTERVAL_MS);
    }),
  ]);
  clearInterval(stopLooking);
  return verdict;
}
