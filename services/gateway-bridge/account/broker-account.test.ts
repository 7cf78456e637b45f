import { describe, expect, it } from "vitest";
import { BrokerAccount } from "./broker-account.ts";

const MINUTE = 60_000;

/** The account's figures with a clock of our own, and the requests that reach the gateway. */
function world() {
  const asked: string[] = [];
  const alerts: string[] = [];
  let nowMs = 0;
  let next = 1;
  let changes = 0;
  const account = new BrokerAccount({
    nextRequestId: () => next++,
    nowMs: () => nowMs,
    wallMs: () => 1_000_000 + nowMs,
    alert: ({ code }) => void alerts.push(code),
    onChanged: () => {
      changes += 1;
    },
  });
  const channel = {
    askAccountSummary: (id: number) => void asked.push(`ask ${id}`),
    cancelAccountSummary: (id: number) => void asked.push(`cancel ${id}`),
    askProfit: (id: number) => void asked.push(`profit ${id}`),
    cancelProfit: (id: number) => void asked.push(`cancel profit ${id}`),
    askAccountUpdates: () => void asked.push("updates"),
  };
  return {
    account,
    asked,
    alerts,
    begin: (fresh = true) => account.begin(channel, "DU1", fresh),
    answer: (netLiquidation = 100_000) => {
      account.summaryValue("NetLiquidation", String(netLiquidation));
      account.summaryValue("TotalCashValue", "50000");
      account.summaryValue("BuyingPower", "200000");
      account.summaryEnded();
    },
    at: (ms: number) => {
      nowMs = ms;
      account.onTime(true);
    },
    changes: () => changes,
  };
}

describe("the account's figures", () => {
  it("are told when every value came, with the time the broker gave them, and not before", () => {
    const { account, begin, answer } = world();
    begin();
    account.summaryValue("NetLiquidation", "100000");
    account.summaryValue("TotalCashValue", "50000");
    account.summaryValue("BuyingPower", "200000");
    expect(account.summary()).toBeNull();
    answer();
    expect(account.summary()).toMatchObject({ netLiquidation: 100_000, figuresAt: 1_000_000 });
  });

  it("carry the broker's profit and loss, which alone is no reason to publish", () => {
    const { account, begin, answer, changes } = world();
    begin();
    answer();
    const before = changes();
    account.profit(-12.5, 30, null);
    expect(account.summary()?.profit).toEqual({ daily: -12.5, unrealized: 30, realized: null });
    expect(changes()).toBe(before);
    account.profit(null, null, null);
    expect(account.summary()?.profit).toBeNull();
  });

  it("are asked for anew after four silent minutes: a quiet account and a dead subscription sound the same", () => {
    const { begin, answer, at, asked, alerts, account } = world();
    begin();
    answer();
    at(4 * MINUTE - 1);
    expect(asked).toEqual(["updates", "ask 1", "profit 2"]);
    at(4 * MINUTE);
    expect(asked.slice(3)).toEqual(["cancel 1", "ask 3"]);
    answer(99_000);
    at(8 * MINUTE - 1);
    expect(account.summary()).toMatchObject({ netLiquidation: 99_000, figuresAt: 1_000_000 + 4 * MINUTE });
    expect(alerts).toEqual([]);
  });

  it("that stay away are not told as if they were new, and the operator hears of it once, and of the end", () => {
    const { begin, answer, at, account, alerts } = world();
    begin();
    answer();
    at(5 * MINUTE);
    expect(account.summary()).not.toBeNull();
    at(5 * MINUTE + 1);
    expect(account.summary()).toBeNull();
    at(6 * MINUTE);
    expect(alerts).toEqual(["ACCOUNT_FIGURES_STALE"]);
    answer();
    expect(account.summary()).not.toBeNull();
    expect(alerts).toEqual(["ACCOUNT_FIGURES_STALE", "ACCOUNT_FIGURES_CURRENT"]);
  });

  it("are not believed while the broker's server resets, and read anew when it is ready again", () => {
    const { begin, answer, account, asked, alerts } = world();
    begin();
    answer();
    account.updateValue("accountReady", "false");
    account.summaryValue("NetLiquidation", "0");
    account.summaryEnded();
    expect(account.summary()).toBeNull();
    account.updateValue("accountReady", "true");
    expect(account.summary()).toBeNull();
    expect(asked.slice(3)).toEqual(["cancel 1", "ask 3"]);
    answer();
    expect(account.summary()).toMatchObject({ netLiquidation: 100_000 });
    expect(alerts).toEqual(["ACCOUNT_NOT_READY", "ACCOUNT_READY"]);
  });

  it("are asked for after the word on whether they can be believed, so that a resetting server's are never told", () => {
    const { begin, asked } = world();
    begin();
    expect(asked[0]).toBe("updates");
  });

  it("are not believed again because the session was read anew in the middle of the reset (1102)", () => {
    const { begin, answer, account, alerts } = world();
    begin();
    account.updateValue("accountReady", "false");
    begin(false);
    answer(0);
    expect(account.summary()).toBeNull();
    account.updateValue("accountReady", "true");
    answer();
    expect(account.summary()).toMatchObject({ netLiquidation: 100_000 });
    expect(alerts).toEqual(["ACCOUNT_NOT_READY", "ACCOUNT_READY"]);
  });

  it("are asked again when a third summary is refused (322), and of a lasting refusal the operator hears once", () => {
    const { begin, at, account, asked, alerts } = world();
    begin();
    expect(account.requestFailed(1, 322, "Maximum number of account summary requests exceeded")).toBe(true);
    at(999);
    expect(asked).toHaveLength(3);
    at(1000);
    expect(asked.slice(3)).toEqual(["cancel 1", "ask 3"]);
    account.requestFailed(3, 322, "again");
    at(2000);
    account.requestFailed(4, 322, "again");
    at(3000);
    account.requestFailed(5, 322, "again");
    expect(alerts).toEqual(["ACCOUNT_SUMMARY_REFUSED"]);
    expect(account.requestFailed(99, 322, "of somebody else")).toBe(false);
  });

  it("are subscribed once on a connection that stays: what was asked before is ended first", () => {
    const { begin, answer, asked } = world();
    begin();
    answer();
    begin(false);
    expect(asked.slice(3)).toEqual(["updates", "cancel 1", "ask 3", "cancel profit 2", "profit 4"]);
  });
});
