import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  accountSummaryMessage,
  type Denial,
  deniedMessage,
  type Envelope,
  fillMessage,
  messageOf,
} from "#libs/contracts/mod.ts";
import { wallNowMs } from "#libs/time/mod.ts";
import type { TestPlatform } from "../harness/platform.ts";

/** Facts of the ledger that are kept from before a denial and from after it. */
const FACTS_BEFORE = 60;
const FACTS_AFTER = 20;
/** Denials that are kept with the facts around them; of a flood the first tell why. */
const WITH_FACTS_MAX = 50;

const FOLDER = fileURLToPath(new URL("../../data/bench", import.meta.url));

/** One fact of the ledger as it stands there. */
interface LedgerFact {
  readonly sequence: number;
  readonly subject: string;
  readonly envelope: Envelope<unknown>;
}

/** A denial with what is needed to explain it when the platform that made it is gone. */
export interface DeniedOrder extends Denial {
  readonly sequence: number;
  /** Shares held by the executions in the ledger before it; negative is short. */
  readonly held: number;
  /** Whether the order was for no more than what was held, on its other side. */
  readonly isExit: boolean;
  /** What the ledger says right before and after it. */
  readonly around: readonly LedgerFact[];
}

/** Every order that risk denied so far, oldest first. */
export async function deniedOrders(platform: TestPlatform): Promise<DeniedOrder[]> {
  const facts: LedgerFact[] = [];
  for (const item of await platform.messages("LEDGER")) {
    // The account's figures say nothing of a single order.
    if ((messageOf(item.subject) as unknown) === accountSummaryMessage) continue;
    facts.push({ sequence: item.seq, subject: item.subject, envelope: JSON.parse(item.string()) });
  }
  const held = new Map<string, number>();
  const denied: DeniedOrder[] = [];
  for (const [at, { sequence, subject, envelope }] of facts.entries()) {
    const message = messageOf(subject) as unknown;
    if (message === fillMessage) {
      const fill = fillMessage.data.parse(envelope.data);
      if (fill.kind !== "execution") continue;
      const signed = fill.side === "buy" ? fill.quantity : -fill.quantity;
      held.set(fill.symbol, (held.get(fill.symbol) ?? 0) + signed);
    }
    if (message !== deniedMessage) continue;
    const denial = deniedMessage.data.parse(envelope.data);
    const { symbol, side, quantity } = denial.intent;
    const shares = held.get(symbol) ?? 0;
    const closes = side === "sell" ? shares : -shares;
    const around = denied.length < WITH_FACTS_MAX ? facts.slice(Math.max(0, at - FACTS_BEFORE), at + FACTS_AFTER) : [];
    denied.push({ ...denial, sequence, held: shares, isExit: closes >= quantity, around });
  }
  return denied;
}

/** @returns the file they are kept in: the ledger itself goes with the platform */
export async function keepDenials(denials: readonly DeniedOrder[]): Promise<string> {
  await mkdir(FOLDER, { recursive: true });
  const stamp = new Date(wallNowMs()).toISOString().replaceAll(/[:.]/g, "-");
  const path = `${FOLDER}/denials-${stamp}.json`;
  await writeFile(path, `${JSON.stringify(denials, null, 1)}\n`);
  return path;
}
