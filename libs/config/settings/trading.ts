import { SERVICES, setting } from "../setting.ts";
import { amountUsd, choice, fraction, orEmpty, path, wholeNumber, yesNo } from "../values.ts";

/** What is traded, and the limits it is held to. */
export const tradingSettings = {
  GAMEPLAN_PATH: setting({
    field: "gameplanPath",
    kind: path(),
    default: "gameplans/default.json",
    example: "gameplans/default.json",
    description: "The day's plan: strategies, symbols, capital, times, and limits that are tighter than those below.",
    apps: ["strategy", "risk", "cli"],
  }),
  STRATEGY_LIBRARY_PATH: setting({
    field: "strategyLibraryPath",
    kind: path(),
    default: "strategies",
    example: "strategies",
    description: "The folder with the strategy files.",
    apps: ["strategy", "cli"],
  }),
  CALENDAR_OVERRIDES_PATH: setting({
    field: "calendarOverridesPath",
    kind: orEmpty(path(), ""),
    default: "",
    example: "calendar-overrides.json",
    description:
      'A JSON file with days on which the exchange departs from its rules: [{"date": "2025-01-09", "kind": "closed" or "early-close", "reason": "..."}].',
    apps: [...SERVICES, "gateway-sim", "cli"],
  }),
};

export const riskSettings = {
  MAX_DAILY_LOSS_PCT: setting({
    field: "maxDailyLossFraction",
    kind: fraction({ min: 0.0001, max: 0.5 }),
    unit: "fraction of equity",
    default: "0.02",
    example: "0.02",
    description: "Realized and open loss of the trading day at which new entries stop. A fraction: 0.02 means 2 %.",
    apps: ["risk"],
  }),
  MAX_POSITION_PCT: setting({
    field: "maxPositionFraction",
    kind: fraction({ min: 0.0001, max: 1 }),
    unit: "fraction of equity",
    default: "0.10",
    example: "0.10",
    description: "The most one symbol may be worth. A fraction: 0.10 means 10 %.",
    apps: ["risk"],
  }),
  MAX_OPEN_ORDERS: setting({
    field: "maxOpenOrders",
    kind: wholeNumber({ min: 1, max: 500 }),
    unit: "orders",
    default: "20",
    example: "20",
    description: "The most orders that may be open or reserved at one time.",
    apps: ["risk"],
  }),
  PDT_ENABLED: setting({
    field: "pdtEnabled",
    kind: yesNo(),
    default: "true",
    example: "true",
    description: "Guard the day-trading rules. False means the same as DAY_TRADE_REGIME=off.",
    apps: ["risk"],
  }),
  DAY_TRADE_REGIME: setting({
    field: "dayTradeRegime",
    kind: choice(["auto", "pattern-day-trader", "intraday-margin", "off"]),
    default: "auto",
    example: "auto",
    description:
      "Which day-trading rule is in force. auto reads it from the account's tags at each session start, counts the old way for the rest of the day once they count, and on doubt.",
    apps: ["risk"],
  }),
  INTRADAY_MARGIN_CUSHION_PCT: setting({
    field: "intradayMarginCushionFraction",
    kind: fraction({ min: 0, max: 0.9 }),
    unit: "fraction of equity",
    default: "0.05",
    example: "0.05",
    description: "Excess liquidity that must remain after an order under the intraday margin rule. 0.05 means 5 %.",
    apps: ["risk"],
  }),
  MAX_QUOTE_AGE_MS: setting({
    field: "maxQuoteAgeMs",
    kind: wholeNumber({ min: 100, max: 600_000 }),
    unit: "milliseconds of machine time",
    default: "3000",
    example: "3000",
    description: "An older quote is stale: no new entry is approved on it, and no dry-run order is filled on it.",
    apps: ["gateway-bridge", "risk"],
  }),
  MAX_ACCOUNT_AGE_MS: setting({
    field: "maxAccountAgeMs",
    kind: wholeNumber({ min: 35_000, max: 600_000 }),
    unit: "milliseconds of machine time",
    default: "90000",
    example: "90000",
    description:
      "Older figures of the account are stale: no new entry is approved on them. The bridge publishes them every 30 s while the gateway is ready.",
    apps: ["risk"],
  }),
  MAX_INTENT_AGE_MS: setting({
    field: "maxIntentAgeMs",
    kind: wholeNumber({ min: 1000, max: 10_000 }),
    unit: "milliseconds of machine time",
    default: "10000",
    example: "10000",
    description:
      "An older question opens nothing. No more than 10 s: a strategy repeats one for so long, and counts on it that it is then over.",
    apps: ["risk"],
  }),
  APPROVAL_TTL_MS: setting({
    field: "approvalTtlMs",
    kind: wholeNumber({ min: 100, max: 60_000 }),
    unit: "milliseconds of machine time",
    default: "2000",
    example: "2000",
    description: "How long an approval may be acted on. An older one expires, is reported, and is never sent.",
    apps: ["risk"],
  }),
  DRY_RUN_EQUITY_USD: setting({
    field: "dryRunEquityUsd",
    kind: amountUsd({ min: 100, max: 1_000_000_000 }),
    unit: "USD",
    default: "30000",
    example: "30000",
    description: "What the account of the dry-run engine starts with.",
    apps: ["gateway-bridge"],
  }),
};
