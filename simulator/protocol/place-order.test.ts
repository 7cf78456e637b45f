import { describe, expect, it } from "vitest";
import { parseRequest } from "./requests.ts";

const versions = [177, 178, 182, 183, 184, 186, 187, 188, 189, 190, 191, 192, 193] as const;
const noDouble = "1.7976931348623157e+308";
const noInteger = "2147483647";
const spy = "756733 SPY STK  0.0   SMART  USD  ".split(" ");
const bag = "0 SPY BAG  0.0   SMART  USD  ".split(" ");

type Fields = readonly (string | number)[];

/** The parts of a PLACE_ORDER whose length depends on what is in them; what is left out is as a plain order has it. */
interface Parts {
  readonly contract?: Fields;
  readonly orderType?: string;
  readonly legs?: Fields;
  readonly deltaNeutralOrder?: Fields;
  readonly scale?: Fields;
  readonly hedge?: Fields;
  readonly deltaNeutralContract?: Fields;
  readonly algo?: Fields;
  readonly pegToBenchmark?: Fields;
  readonly conditions?: Fields;
  readonly pegOffsets?: Fields;
}

/**
 * An order as the official Python client writes it (tws.md 5 and 5.4): no yes or no is left empty, prices and sizes that
 * are not set are empty or the greatest number there is.
 */
function placeOrder(version: number, parts: Parts = {}): string[] {
  const { contract = spy, orderType = "LMT", legs = [], deltaNeutralOrder = ["", ""], scale = [""] } = parts;
  const { hedge = [""], deltaNeutralContract = [0], algo = [""], pegToBenchmark = [], conditions = [0] } = parts;
  const fields: Fields = [
    ...[3, 17, ...contract, "", ""],
    ...["BUY", "100", orderType, "99.5", "", "GTC", "group", "DU1", "", 0, "my-ref", 1, 16, 0, 0, 0, 4, 1, 0],
    ...legs,
    ...[
      "",
      0.0,
      "",
      "",
      "",
      "",
      "",
      "model",
      0,
      "",
      -1,
      2,
      "",
      "",
      1,
      "",
      "",
      0,
      0,
      noDouble,
      0,
      "",
      "",
      "",
      "",
      "",
      0,
    ],
    ...["", "", ...deltaNeutralOrder, 0, "", "98.5", noDouble],
    ...["", "", ...scale, "", "", ""],
    ...[...hedge, 0, "", "", 0, ...deltaNeutralContract, ...algo, "", 1, "", 0, 0, 0],
    ...pegToBenchmark,
    ...[...conditions, "", noDouble, "0.25", noDouble, noDouble, noDouble, 0, "", "", "", noDouble],
    ...["", "", "", "", 0, 0, 0, "", noInteger, noInteger, 0, "", "20251007 10:00:00"],
    ...(parts.pegOffsets ?? []),
    ...(version >= 183 ? ["customer"] : []),
    ...(version >= 184 ? [0] : []),
    ...(version >= 187 && version < 190 ? ["", noInteger] : []),
    ...(version >= 189 ? [1] : []),
    ...(version >= 192 ? [noInteger] : []),
  ];
  return fields.map(String);
}

const combination = [2, 756733, 1, "BUY", "SMART", 0, 0, "", -1, 320227571, 1, "SELL", "SMART", 0, 0, "", -1];

const variants: Readonly<Record<string, Parts>> = {
  "a plain order": {},
  "a combination": { contract: bag, legs: [...combination, 2, "1.5", "", 1, "NonGuaranteed", 1] },
  "a combination without prices or routing": { contract: bag, legs: [...combination, 0, 0] },
  "a volatility order with its hedge": {
    orderType: "VOL",
    deltaNeutralOrder: ["MKT", "", 756733, "", "", "", "", 0, 0, ""],
  },
  "a scale order": { scale: ["0.05", "0.01", 60, "0.1", 1, 100, 100, 0] },
  "a hedge": { hedge: ["B", "1.2"] },
  "a delta neutral contract": { deltaNeutralContract: [1, 756733, "0.5", "560"] },
  "an algorithm": { algo: ["Adaptive", 1, "adaptivePriority", "Normal"] },
  "a peg to a benchmark": { orderType: "PEG BENCH", pegToBenchmark: [756733, 0, "0.1", "0.1", "ARCA"] },
  "conditions of every kind": {
    conditions: [
      ...[6, 1, "a", 1, "400.0", 320227571, "SMART", 0, 3, "o", 1, "20251007 11:00:00 US/Eastern"],
      ...[4, "a", 0, 30, 5, "a", "STK", "SMART", "SPY", 6, "a", 1, 1000, 320227571, "SMART"],
      ...[7, "a", 0, "-1.5", 320227571, "SMART", 1, 0],
    ],
  },
  "IBKRATS with a least size": { contract: spy.with(7, "IBKRATS"), pegOffsets: [10] },
  "a peg to the best": { orderType: "PEG BEST", pegOffsets: [100, "0.02"] },
  "a peg to the best up to the middle": { orderType: "PEG BEST", pegOffsets: ["", "Infinite", "0.02", "0.01"] },
  "a peg to the middle": { orderType: "PEG MID", pegOffsets: [noDouble, noDouble] },
};

describe.each(versions)("PLACE_ORDER at version %i", (version) => {
  it.each(Object.entries(variants))("reads %s to its last field", (_, parts) => {
    const message = placeOrder(version, parts);
    const parsed = parseRequest(message, version, "strict");
    expect(parsed.kind === "request" ? "read" : parsed).toBe("read");
    expect(parsed).toMatchObject({
      request: {
        orderId: 17,
        terms: {
          action: "BUY",
          totalQuantity: 100,
          limitPrice: 99.5,
          auxPrice: undefined,
          timeInForce: "GTC",
          orderRef: "my-ref",
          transmit: true,
          parentId: 16,
          triggerMethod: 4,
          outsideRth: true,
          ocaType: 2,
          allOrNone: true,
          modelCode: "model",
          trailStopPrice: 98.5,
          trailingPercent: undefined,
          limitPriceOffset: 0.25,
          whatIf: true,
          cashQuantity: undefined,
          manualOrderTime: "20251007 10:00:00",
          includeOvernight: version >= 189,
        },
      },
    });
    // A field less, or one too many, is not read as if it were there.
    expect(parseRequest(message.slice(0, -1), version, "strict").kind).toBe("malformed");
    expect(parseRequest([...message, "0"], version, "strict").kind).toBe("malformed");
  });

  it("names the legs of a combination", () => {
    const request = { legConIds: [756733, 320227571] };
    expect(parseRequest(placeOrder(version, variants["a combination"]), version)).toMatchObject({ request });
  });

  it("has the field count of tws.md 5.4", () => {
    if (version === 177 || version === 178) expect(placeOrder(version)).toHaveLength(114);
    if (version === 193) expect(placeOrder(version)).toHaveLength(118);
  });
});
