import { afterEach, describe, expect, it, vi } from "vitest";
import { type SimulatedGateway, startSimulatedGateway } from "../mod.ts";
import { type RequestName, type ResponseName, requestIds, responseIds } from "../protocol/messages.ts";
import { everyMessage, marketOrder } from "../testing/every-message.ts";
import { RawClient } from "../testing/raw-client.ts";
import { namedFields } from "./field-names.ts";
import { layouts } from "./layouts.ts";
import type { LoggedFrame } from "./read-log.ts";

const open: (SimulatedGateway | RawClient)[] = [];

afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

/** Everything a gateway said to a client that asked for everything. */
async function everythingSaid(serverVersion: number): Promise<LoggedFrame[]> {
  const gateway = await startSimulatedGateway({ startTime: "10:00:00", serverVersionMax: serverVersion });
  const client = new RawClient(gateway.port, { clientId: 0 });
  open.push(gateway, client);
  await client.frame(4, 2158);
  const ask = (name: RequestName, ...fields: readonly (string | number)[]) => client.send(requestIds[name], ...fields);
  const spy = [756733, "SPY", "STK", "", 0, "", "", "SMART", "", "USD", "", ""];
  for (const [index, type] of ["AllLast", "BidAsk", "MidPoint"].entries()) {
    ask("REQ_TICK_BY_TICK_DATA", 100 + index, ...spy, type, 5, 0);
  }
  ask("REQ_HISTORICAL_DATA", 110, ...spy, 0, "", "1 day", "5 D", 1, "SCHEDULE", 1, 0, "");
  ask(
    "REQ_CONTRACT_DATA",
    8,
    111,
    0,
    "",
    "BOND",
    "",
    0,
    "",
    "",
    "SMART",
    "",
    "USD",
    "",
    "",
    0,
    "CUSIP",
    "912810SD1",
    "",
  );
  ask("REQ_MKT_DEPTH", 5, 112, 0, "EUR", "CASH", "", 0, "", "", "IDEALPRO", "", "USD", "", "", 3, 0, "");
  client.send(requestIds.PLACE_ORDER, ...marketOrder(serverVersion, { orderId: 50, conditions: true }));
  await client.frame(responseIds.OPEN_ORDER);
  // One that is filled, beside the one that its conditions hold back.
  client.send(requestIds.PLACE_ORDER, ...marketOrder(serverVersion, { orderId: 51 }));
  await client.frame(responseIds.EXECUTION_DATA);
  for (const [name, { fields }] of Object.entries(everyMessage)) {
    client.send(requestIds[name as RequestName], ...fields(serverVersion));
  }
  await vi.waitUntil(() => gateway.frames.sentCount("TICK_BY_TICK") > 3 && gateway.frames.sentCount("PNL") > 0, 30_000);
  ask("REQ_COMPLETED_ORDERS", 0);
  await client.frame(responseIds.COMPLETED_ORDER);
  const { marketTime, machineTime } = { marketTime: "", machineTime: "" };
  return gateway.frames.sent().map(({ direction, session, id, name, fields }) => {
    const values = fields.slice(1).map((field) => field ?? "");
    return { direction, session, clientId: 0, machineTime, marketTime, id, name, fields: values };
  });
}

describe("the names of fields", () => {
  it("are known for every message of a gateway", () => {
    const names = Object.keys(responseIds) as ResponseName[];
    expect(names.filter((name) => layouts[name] === undefined)).toEqual([]);
  });

  it.each([177, 183, 189, 193])("reach to the last field of everything that is said at %i", async (serverVersion) => {
    const frames = await everythingSaid(serverVersion);
    const nameless = frames.filter((frame) => namedFields(frame, serverVersion).some(([name]) => name.startsWith("[")));
    expect(nameless.map(({ name, fields }) => `${name} ${fields.join(",")}`)).toEqual([]);

    const first = (name: ResponseName, chosen: Record<string, string> = {}) => {
      const all = frames.filter((frame) => frame.name === name).map((frame) => namedFields(frame, serverVersion));
      return all
        .map((fields): Record<string, string> => Object.fromEntries(fields))
        .find((fields) => Object.entries(chosen).every(([key, value]) => fields[key] === value));
    };
    // One from the end of each long layout: it is there, and means what its name says.
    expect(first("OPEN_ORDER", { orderId: "50" })).toMatchObject({
      whatIf: "0",
      status: "PreSubmitted",
      commissionCurrency: "USD",
      conditions: "1",
      conditionType1: "1",
      "condition1.2": "9999",
      conditionsCancelOrder: "0",
      autoCancelParent: "0",
      ...(serverVersion >= 184 ? { professionalCustomer: "0" } : {}),
      ...(serverVersion >= 193 ? { manualOrderIndicator: "2147483647" } : {}),
    });
    expect(first("COMPLETED_ORDER", { status: "Filled" })).toMatchObject({ completedStatus: "Filled Size: 10" });
    expect(first("CONTRACT_DATA")).toMatchObject({
      marketRuleIds: expect.stringMatching(/26/),
      stockType: "ETF",
      suggestedSizeIncrement: "100",
    });
    expect(first("BOND_CONTRACT_DATA")).toMatchObject({
      tag1: "CUSIP",
      suggestedSizeIncrement: expect.stringMatching(/\d/),
    });
    expect(first("SCANNER_DATA")).toMatchObject({ rank1: "0", currency2: "USD" });
    expect(first("HISTORICAL_TICKS_LAST")).toMatchObject({ ticks: "5", exchange5: "ARCA", isDone: "1" });
    expect(first("HISTORICAL_SCHEDULE")).toMatchObject({ timeZone: "US/Eastern", sessions: "5" });
    expect(first("TICK_BY_TICK", { type: "3" })).toMatchObject({
      bidSize: expect.stringMatching(/\d/),
      attributes: "0",
    });
    expect(first("MARKET_DEPTH_L2")).toMatchObject({ operation: "0", isSmartDepth: "0" });
    expect(first("SYMBOL_SAMPLES")).toMatchObject({ "secType1.1": "OPT" });
  });
});
