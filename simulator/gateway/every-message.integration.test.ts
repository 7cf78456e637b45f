import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { within } from "../../tests/harness/answers.ts";
import { type SimulatedGateway, startSimulatedGateway } from "../mod.ts";
import { type RequestName, requestIds, responseName } from "../protocol/messages.ts";
import { parseRequest } from "../protocol/requests.ts";
import { type Expected, everyMessage } from "../testing/every-message.ts";
import { RawClient } from "../testing/raw-client.ts";

const open: (SimulatedGateway | RawClient)[] = [];

afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

/** The first frame after the greeting; "nothing" when the next thing heard is the answer to a question asked later. */
async function answerTo(name: RequestName, serverVersionMax: number): Promise<Expected | string> {
  const gateway = await startSimulatedGateway({ startTime: "10:00:00", serverVersionMax, hold: true });
  const client = new RawClient(gateway.port, { clientId: 1 });
  open.push(gateway, client);
  await client.frame(4, 2158);
  const greeted = client.frames.length;
  client.send(requestIds[name], ...everyMessage[name].fields(serverVersionMax));
  // An order id the gateway hands out is what no other answer looks like: it marks the end.
  client.send(requestIds.REQ_FAMILY_CODES);
  await client.frame(78);
  const frame = client.frames.slice(greeted).find(([id]) => id !== "58");
  if (frame === undefined) return "no frame at all";
  const [id, , , code] = frame;
  if (id === "4") return Number(code);
  if (id === "78" && name !== "REQ_FAMILY_CODES") return "nothing";
  return responseName(Number(id)) ?? `message ${id}`;
}

describe.each([177, 183, 189, 193])("at server version %i", (serverVersion) => {
  it("every message of the protocol is answered, or refused with the code of a real gateway", async () => {
    const names = Object.keys(requestIds) as RequestName[];
    const answers: Record<string, Expected | string> = {};
    // Nothing is kept waiting, whatever is asked: a second is long for a start, a greeting and an answer.
    for (const name of names) answers[name] = await within(1000, () => answerTo(name, serverVersion));
    const expected = Object.fromEntries(names.map((name) => [name, everyMessage[name].expected]));
    expect(answers).toEqual(expected);
  });
});

describe("the messages sent here", () => {
  it("are well-formed", () => {
    for (const serverVersion of [177, 183, 187, 189, 193]) {
      for (const [name, { fields }] of Object.entries(everyMessage)) {
        const message = [requestIds[name as RequestName], ...fields(serverVersion)].map(String);
        expect(parseRequest(message, serverVersion), name).toMatchObject({ kind: "request" });
        const where = `${name} at ${serverVersion}`;
        expect(parseRequest(message, serverVersion, "strict").kind, where).toBe("request");
        expect(parseRequest([...message, "1"], serverVersion, "strict"), `${where}, a field too long`).toMatchObject({
          kind: "malformed",
          reason: "The message has 1 more field than it should have.",
        });
      }
    }
  });
});

describe("the README", () => {
  it("lists every message with its id and what is said to it", () => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    const rows = [...readme.matchAll(/^\| (\d+) +\| `([A-Z_]+)` +\| ([^|]+?) +\|/gm)].map(([, id, name, answer]) => ({
      id: Number(id),
      name,
      answer,
    }));
    const table = Object.entries(everyMessage).map(([name, { expected }]) => ({
      id: requestIds[name as RequestName],
      name,
      answer: typeof expected === "number" ? String(expected) : expected === "nothing" ? "-" : `\`${expected}\``,
    }));
    const byId = (one: { id: number }, other: { id: number }) => one.id - other.id;
    expect(rows.sort(byId)).toEqual(table.sort(byId));
  });
});
