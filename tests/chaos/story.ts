import { approvedMessage, deniedMessage, fillMessage, orderEventMessage } from "#libs/contracts/mod.ts";
import type { TestPlatform } from "../harness/platform.ts";

/** Orders whose story is told: the first ones show what the others suffer from. */
const TOLD_MAX = 8;

/** What the ledger and the gateway's frames have of the orders that broken promises name, a line each, in order. */
export async function storiesOf(platform: TestPlatform, violations: readonly string[]): Promise<string[]> {
  const ids = [...new Set(violations.flatMap((line) => line.match(ORDER_ID)?.[0] ?? []))].slice(0, TOLD_MAX);
  if (ids.length === 0) return [];
  const facts = [
    ...(await platform.stored(approvedMessage)).map((fact) => told(fact, fact.data.intent.clientOrderId, "approved")),
    ...(await platform.stored(deniedMessage)).map((fact) => told(fact, fact.data.intent.clientOrderId, "denied")),
    ...(await platform.stored(orderEventMessage)).map((fact) => told(fact, fact.data.clientOrderId, fact.data.status)),
    ...(await platform.stored(fillMessage)).flatMap((fact) =>
      fact.data.kind === "execution" ? [told(fact, fact.data.clientOrderId ?? "", "execution")] : [],
    ),
  ];
  const orderIds = new Map(facts.flatMap(({ id, orderId }) => (orderId === null ? [] : [[orderId, id]])));
  const frames = [...platform.gateway.frames.received(), ...platform.gateway.frames.sent()].flatMap((frame) => {
    const named = frame.fields.map(String).find((field) => ids.includes(field));
    const numbered = ORDER_FRAMES.has(frame.name)
      ? orderIds.get(Number(frame.fields[frame.name === "ERR_MSG" ? 2 : 1]))
      : undefined;
    const id = named ?? numbered;
    const atMs = performance.timeOrigin + frame.machineMs;
    const arrow = frame.direction === "received" ? "→ gateway" : "← gateway";
    return id === undefined
      ? []
      : [
          {
            id,
            atMs,
            text: `${arrow} #${frame.session} ${frame.name} ${frame.fields.slice(1).filter(Boolean).join(" ")}`,
          },
        ];
  });
  const all = [...facts, ...frames].sort((left, right) => left.atMs - right.atMs);
  return ids.flatMap((id) => [
    `the story of ${id}:`,
    ...all
      .filter((line) => line.id === id)
      .map(({ atMs, text }) => `  ${new Date(atMs).toISOString().slice(11, 23)}  ${text.slice(0, 400)}`),
  ]);
}

const ORDER_ID = /\b(c\d+-\d+(-\w+)?|impatient-[\w-]+)/;
const ORDER_FRAMES: ReadonlySet<string> = new Set(["ORDER_STATUS", "CANCEL_ORDER", "ERR_MSG"]);

function told(fact: { readonly publishedAt: number; readonly data: object }, id: string, what: string) {
  const { orderId = null } = fact.data as { orderId?: number | null };
  return { id, orderId, atMs: fact.publishedAt, text: `${what} ${JSON.stringify(fact.data)}` };
}
