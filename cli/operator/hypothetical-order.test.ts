import { describe, expect, it } from "vitest";
import { hypotheticalOrder } from "./hypothetical-order.ts";

const OPTIONS = { strategy: "operator", holdOvernight: false, outsideHours: false };
const refused = (message: string): never => {
  throw new Error(message);
};
const ask = (options: object) => hypotheticalOrder("buy", 10, "SPY", { ...OPTIONS, ...options }, refused);

describe("the order that risk check asks about", () => {
  it("has no bracket unless one is asked for", () => {
    expect(ask({ limit: 100 })).toMatchObject({ order: { type: "limit", limitPrice: 100 }, bracket: null });
  });

  it("has a bracket, whose orders have ids of their own", () => {
    const { clientOrderId, bracket } = ask({ stopLoss: 95, takeProfit: 110 });
    expect(bracket).toMatchObject({ stopLoss: { stopPrice: 95 }, takeProfit: { limitPrice: 110 } });
    const ids = [clientOrderId, bracket?.stopLoss.clientOrderId, bracket?.takeProfit.clientOrderId];
    expect(new Set(ids).size).toBe(3);
  });

  it.each([
    [{ stopLoss: 95 }, "--take-profit"],
    [{ takeProfit: 110 }, "--stop-loss"],
  ])("refuses half a bracket, %j, and names what is missing", (options, missing) => {
    expect(() => ask(options)).toThrow(`error: ${missing}: missing`);
  });
});
