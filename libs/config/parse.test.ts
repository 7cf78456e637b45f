import { describe, expect, it } from "vitest";
import { parseSettings, type Settings, SettingsError, settingsFor } from "./mod.ts";

/** The lines of the refusal, without its heading. */
function problemsOf(raw: Record<string, string | undefined>): string[] {
  try {
    parseSettings(raw);
  } catch (error) {
    if (error instanceof SettingsError) return error.message.split("\n").slice(1);
    throw error;
  }
  return [];
}

describe("absent configuration", () => {
  it("is a dry run with every default", () => {
    expect(parseSettings({})).toEqual({
      dryRun: true,
      paperTrading: true,
      liveAccount: "",
      ibkrHost: "127.0.0.1",
      ibkrPort: 4002,
      ibkrClientId: 1,
      gatewayRestartAt: "16:30",
      gatewayRestartWindowMinutes: 10,
      gatewayFreezeSeconds: 30,
      ibcCommandPort: 0,
      ibcRestartsPerDayMax: 2,
      ibcLogPath: "",
      clockDriftAlertMs: 2000,
      marketDataQuietSeconds: 45,
      delayedMarketData: false,
      marketClockSpeed: 1,
      simulatedGateway: false,
      gameplanPath: "gameplans/default.json",
      strategyLibraryPath: "strategies",
      calendarOverridesPath: "",
      maxDailyLossFraction: 0.02,
      maxPositionFraction: 0.1,
      maxOpenOrders: 20,
      pdtEnabled: true,
      dayTradeRegime: "auto",
      intradayMarginCushionFraction: 0.05,
      maxQuoteAgeMs: 3000,
      maxAccountAgeMs: 90_000,
      maxIntentAgeMs: 10_000,
      duplicateWindowMs: 2000,
      approvalTtlMs: 2000,
      dryRunEquityUsd: 30_000,
      maxOrderNotionalUsd: 25_000,
      minMarginEquityUsd: 2000,
      maxOrderQuantity: 5000,
      minOrderQuantity: 1,
      lotSize: 1,
      priceCollarFraction: 0.05,
      bracketCollarFraction: 0.5,
      maxGrossExposureFraction: 1,
      maxNetExposureFraction: 1,
      maxConcentrationFraction: 0.5,
      maxOpenOrderNotionalFraction: 1,
      maxBuyingPowerUseFraction: 0.9,
      whatIfFromFraction: 0.5,
      onDailyLoss: "block",
      onDailyDrawdown: "block",
      onLossStreak: "block",
      maxDailyDrawdownFraction: 0.03,
      maxLossStreak: 6,
      maxOrdersPerMinute: 60,
      maxCancelsPerMinute: 60,
      maxRepeatedExecutions: 10,
      repeatedExecutionWindowSeconds: 60,
      maxOrderReversals: 6,
      orderLoopWindowSeconds: 60,
      maxCancelToFillRatio: 20,
      cancelToFillFrom: 50,
      allowedSymbols: [],
      deniedSymbols: [],
      shortSelling: false,
      dataDir: "data",
      natsPort: 4222,
      natsServerPath: "",
      discordWebhookUrl: "",
      logLevel: "info",
      logFile: "",
      logMaxBytes: 10_485_760,
      logBackupCount: 14,
      simDate: "",
      simStartTime: "09:25",
      simSeed: 1,
      simSymbols: [],
      simData: "",
      simHold: false,
      simAccount: "DU1234567",
      simEquityUsd: 30_000,
      simDayTradesRemaining: [3, 3, 3, 3, 3],
      simRestartAt: "16:30",
      simRestartDowntimeSeconds: 75,
      simFrameLog: "",
      simScenario: "",
      simControlPort: 0,
    } satisfies Settings);
  });

  it.each(["", "   ", undefined])("is the same as the value %o", (value) => {
    expect(parseSettings({ DRY_RUN: value, MAX_POSITION_PCT: value, SIM_SYMBOLS: value })).toEqual(parseSettings({}));
  });
});

describe("a wrong value", () => {
  it("is one line: the key, what was given, what is allowed, an example", () => {
    expect(problemsOf({ IBKR_CLIENT_ID: "1000" })).toEqual([
      '  IBKR_CLIENT_ID: given "1000"; allowed: a whole number from 1 to 999; example: IBKR_CLIENT_ID=1',
    ]);
  });

  it("is told together with every other one", () => {
    const problems = problemsOf({ DRY_RUN: "maybe", NATS_PORT: "0", LOG_LEVEL: "loud", MAX_DAILY_LOSS: "0.02" });
    expect(problems.map((line) => line.trim().split(":")[0])).toEqual([
      "DRY_RUN",
      "NATS_PORT",
      "LOG_LEVEL",
      "MAX_DAILY_LOSS",
    ]);
  });

  it("is a coded error that holds its problems", () => {
    expect(() => parseSettings({ DRY_RUN: "maybe" })).toThrow(
      expect.objectContaining({
        name: "SettingsError",
        code: "SETTINGS_INVALID",
        problems: [
          {
            key: "DRY_RUN",
            given: '"maybe"',
            allowed: "true or false (also yes, no, 1, 0)",
            example: "DRY_RUN=true",
          },
        ],
      }),
    );
  });

  it.each([
    ["IBKR_PORT", ["0", "65536", "4002.5", "-1", "port", "0x10", "1e3"]],
    ["IBKR_HOST", ["a b", "http://127.0.0.1", "-x", "x".repeat(300)]],
    ["APPROVAL_TTL_MS", ["99", "60001", "2 s", "2000ms"]],
    ["CLOCK_DRIFT_ALERT_MS", ["1", "999", "3600001"]],
    ["GATEWAY_RESTART_AT", ["4:30", "24:00", "16:60", "1630", "16:30:00", "never"]],
    ["DAY_TRADE_REGIME", ["pdt", "on", "pattern day trader"]],
    ["DRY_RUN_EQUITY_USD", ["99", "30,000", "$30000", "1.234", "1e6"]],
    ["LIVE_ACCOUNT", ["DU1234567", "D1234567", "u1234567", "U1"]],
    ["LOG_MAX_BYTES", ["10MB", "65535"]],
    ["SIM_DATE", ["2026-02-30", "23.11.2026", "today"]],
    ["SIM_SYMBOLS", ["SPY,", "spy", "SPY;IBM", "SPY,SPY"]],
    ["SIM_DAY_TRADES_REMAINING", ["3", "3,3,3,3", "3,3,3,3,4", "a,b,c,d,e"]],
    ["SIM_RESTART_AT", ["off", "25:00"]],
    ["MAX_GROSS_EXPOSURE_PCT", ["1", "200%", "4.5", "0"]],
    ["SYMBOL_DENY_LIST", ["tsla", "TSLA;GME"]],
    ["MAX_LOSS_STREAK", ["-1", "six"]],
    ["DATA_DIR", ['"data', "C:\new\\data", "x".repeat(1025)]],
  ])("of %s is refused: %j", (key, values) => {
    for (const value of values) {
      const problems = problemsOf({ [key]: value });
      expect(problems, `${key}=${value}`).toHaveLength(1);
      expect(problems[0]).toMatch(new RegExp(`^ {2}${key}: given .+; allowed: .+; example: ${key}=`));
    }
  });

  it("is shown on one line and cut to a readable length", () => {
    const [line = "", ...more] = problemsOf({ IBKR_HOST: `a\nb${"x".repeat(500)}` });
    expect(more).toEqual([]);
    expect(line).toContain('given "a\\nbxxx');
    expect(line.length).toBeLessThan(250);
  });

  it("of a path in which a line break was made of a backslash is explained", () => {
    expect(problemsOf({ DATA_DIR: "C:\new" })[0]).toContain("\\n in double quotes is a line break");
  });
});

describe("percentages", () => {
  it.each([
    ["0.10", 0.1],
    ["0.1", 0.1],
    ["0.0001", 0.0001],
    ["1.0", 1],
  ])("are fractions: %s", (text, value) => {
    expect(parseSettings({ MAX_POSITION_PCT: text }).maxPositionFraction).toBe(value);
  });

  it("refuse 10 with the explanation that 0.10 means 10 %", () => {
    expect(problemsOf({ MAX_POSITION_PCT: "10" })).toEqual([
      '  MAX_POSITION_PCT: given "10" (10 % is written 0.10); allowed: a fraction from 0.0001 to 1.0, with a decimal point: 0.10 means 10 %; example: MAX_POSITION_PCT=0.10',
    ]);
  });

  it.each([
    ["2%", "2 % is written 0.02"],
    ["2.5 %", "2.5 % is written 0.025"],
    ["1", "1 % is written 0.01, and 100 % is written 1.0"],
    ["0,02", "the decimal sign is a point"],
    ["0.6", 'given "0.6";'],
    ["0", 'given "0";'],
    ["-0.02", 'given "-0.02";'],
    [".02", 'given ".02";'],
    ["two", 'given "two";'],
  ])("refuse %s, saying %s", (text, said) => {
    const problems = problemsOf({ MAX_DAILY_LOSS_PCT: text });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(said);
    expect(problems[0]).toContain("0.10 means 10 %");
  });
});

describe("yes and no", () => {
  it.each(["true", "TRUE", "Yes", "1", " true "])("reads %o as true", (text) => {
    expect(parseSettings({ DRY_RUN: text }).dryRun).toBe(true);
  });

  it.each(["false", "False", "NO", "0"])("reads %o as false", (text) => {
    expect(parseSettings({ DRY_RUN: text }).dryRun).toBe(false);
  });
});

describe("other values", () => {
  it("are read in their own type", () => {
    const settings = parseSettings({
      CLOCK_DRIFT_ALERT_MS: "0",
      DRY_RUN_EQUITY_USD: "12345.67",
      LOG_LEVEL: "DEBUG",
      SIM_SYMBOLS: "SPY, BRK B,IBM",
      SIM_DAY_TRADES_REMAINING: "none",
      SIM_RESTART_AT: "never",
      SIM_DATE: "2013-10-08",
      DISCORD_WEBHOOK_URL: "http://127.0.0.1:8080/webhook",
      DATA_DIR: "C:\\crucible\\data",
    });
    expect(settings).toMatchObject({
      clockDriftAlertMs: 0,
      dryRunEquityUsd: 12_345.67,
      logLevel: "debug",
      simSymbols: ["SPY", "BRK B", "IBM"],
      simDayTradesRemaining: [],
      simRestartAt: "never",
      simDate: "2013-10-08",
      discordWebhookUrl: "http://127.0.0.1:8080/webhook",
      dataDir: "C:\\crucible\\data",
    });
    expect(parseSettings({ SIM_DAY_TRADES_REMAINING: "-1,-1,-1,-1,-1" }).simDayTradesRemaining).toEqual([
      -1, -1, -1, -1, -1,
    ]);
  });
});

describe("rules between keys", () => {
  const live = { DRY_RUN: "false", PAPER_TRADING: "false" };

  it("let live trading start only with a live account", () => {
    expect(problemsOf(live)).toEqual([expect.stringContaining("LIVE_ACCOUNT: given nothing, with DRY_RUN=false")]);
    expect(problemsOf({ ...live, LIVE_ACCOUNT: "DU1234567" })).toEqual([
      expect.stringContaining("not beginning with D"),
    ]);
    expect(parseSettings({ ...live, LIVE_ACCOUNT: "U1234567" }).liveAccount).toBe("U1234567");
  });

  it("ask for no live account in dry-run or paper", () => {
    expect(problemsOf({ PAPER_TRADING: "false" })).toEqual([]);
    expect(problemsOf({ DRY_RUN: "false" })).toEqual([]);
  });

  it("let the market clock run faster with the simulated gateway only", () => {
    expect(problemsOf({ MARKET_CLOCK_SPEED: "60" })).toEqual([
      expect.stringContaining('MARKET_CLOCK_SPEED: given "60", with SIMULATED_GATEWAY=false'),
    ]);
    expect(parseSettings({ MARKET_CLOCK_SPEED: "60", SIMULATED_GATEWAY: "true" }).marketClockSpeed).toBe(60);
  });

  it("refuse live trading against the simulated gateway", () => {
    expect(problemsOf({ ...live, LIVE_ACCOUNT: "U1234567", SIMULATED_GATEWAY: "true" })).toEqual([
      expect.stringContaining("SIMULATED_GATEWAY: given"),
    ]);
  });

  it("refuse a simulated gateway on another machine", () => {
    expect(problemsOf({ SIMULATED_GATEWAY: "true", IBKR_HOST: "192.168.0.2" })).toEqual([
      expect.stringContaining('IBKR_HOST: given "192.168.0.2", with SIMULATED_GATEWAY=true'),
    ]);
    expect(problemsOf({ SIMULATED_GATEWAY: "true", IBKR_HOST: "localhost" })).toEqual([]);
  });

  it("refuse a day-trade regime that PDT_ENABLED=false would silently switch off", () => {
    expect(problemsOf({ PDT_ENABLED: "false", DAY_TRADE_REGIME: "pattern-day-trader" })).toHaveLength(1);
    expect(problemsOf({ PDT_ENABLED: "false" })).toEqual([]);
    expect(problemsOf({ PDT_ENABLED: "false", DAY_TRADE_REGIME: "off" })).toEqual([]);
  });

  it("refuse a smallest order above the largest: no entry could pass", () => {
    expect(problemsOf({ MIN_ORDER_QUANTITY: "6000" })).toEqual([
      expect.stringContaining('MIN_ORDER_QUANTITY: given "6000", with MAX_ORDER_QUANTITY=5000'),
    ]);
    expect(problemsOf({ MIN_ORDER_QUANTITY: "6000", MAX_ORDER_QUANTITY: "6000" })).toEqual([]);
  });

  it("refuse one port for two listeners", () => {
    expect(problemsOf({ NATS_PORT: "4002" })).toEqual([expect.stringContaining('"4002", which is IBKR_PORT too')]);
    expect(problemsOf({ NATS_PORT: "4002", IBKR_HOST: "192.168.0.2" })).toEqual([]);
    expect(problemsOf({ SIMULATED_GATEWAY: "true", SIM_CONTROL_PORT: "4002" })).toHaveLength(1);
    expect(problemsOf({ SIMULATED_GATEWAY: "true", SIM_CONTROL_PORT: "4222" })).toHaveLength(1);
  });

  it("are not judged on values that are wrong by themselves", () => {
    expect(problemsOf({ MARKET_CLOCK_SPEED: "60", SIMULATED_GATEWAY: "maybe" })).toEqual([
      expect.stringContaining("SIMULATED_GATEWAY: given"),
    ]);
  });
});

describe("an unknown key", () => {
  it.each([
    ["MAX_DAILY_LOSS", "MAX_DAILY_LOSS_PCT"],
    ["MAX_DAILY_LOSS_PERCENT", "MAX_DAILY_LOSS_PCT"],
    ["MAX_DAILY_LOSS_PTC", "MAX_DAILY_LOSS_PCT"],
    ["MAX_POSITON_PCT", "MAX_POSITION_PCT"],
    ["max_position_pct", "MAX_POSITION_PCT"],
    ["MAX-POSITION-PCT", "MAX_POSITION_PCT"],
    ["DRYRUN", "DRY_RUN"],
    ["DRY_RUM", "DRY_RUN"],
    ["DYR_RUN", "DRY_RUN"],
    ["DISCORD_WEBHOOK", "DISCORD_WEBHOOK_URL"],
    ["LOG_FILE_PATH", "LOG_FILE"],
    ["IBKR_PROT", "IBKR_PORT"],
    ["PDT_ENABLE", "PDT_ENABLED"],
    ["\uFEFFDRY_RUN", "DRY_RUN"],
  ])("that looks like a known one stops the start: %s for %s", (mistyped, meant) => {
    const problems = problemsOf({ [mistyped]: "0.5" });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(`did you mean ${meant}?`);
  });

  it.each([
    "NODE_ENV",
    "TZ",
    "PATH",
    "PM2_HOME",
    "IBKR_USERNAME",
    "IBC_PATH",
    "LOG_DIR",
    "HTTP_PROXY",
    "constructor",
    "__proto__x",
  ])("that looks like nothing known is ignored: %s", (key) => {
    expect(problemsOf({ [key]: "value" })).toEqual([]);
  });
});

describe("a secret", () => {
  const token = "s3cretTokenThatNobodyMaySee";

  it.each([
    { DISCORD_WEBHOOK_URL: `https://discord.com/api/webhook/1/${token}` },
    { DISCORD_WEBHOOK_URL: token },
    { DISCORD_WEBHOOK_URL: `http://10.0.0.1:1/${token}` },
    { DISCORD_WEBHOK_URL: `https://discord.com/api/webhooks/123456/${token}` },
    { LOG_LEVEL: `https://discord.com/api/webhooks/123456/${token}` },
  ])("is never in the error: %o", (raw) => {
    const problems = problemsOf(raw);
    expect(problems).toHaveLength(1);
    expect(problems.join()).not.toContain(token);
    expect(problems.join()).not.toContain(token.slice(0, 8));
  });

  it("is accepted in the shapes that Discord gives out", () => {
    for (const start of ["https://discord.com/api", "https://ptb.discord.com/api/v10", "https://discordapp.com/api"]) {
      const url = `${start}/webhooks/123456789012345678/${"aB3_-".repeat(12)}`;
      expect(parseSettings({ DISCORD_WEBHOOK_URL: url }).discordWebhookUrl).toBe(url);
    }
  });
});

describe("inside a service", () => {
  it("reads the service's own keys and no other", () => {
    const settings = settingsFor("notifier", {
      DISCORD_WEBHOOK_URL: "",
      MAX_POSITION_PCT: "10",
      PATH: "x",
      DRY_RUN: "no",
    });
    expect(settings.dryRun).toBe(false);
    expect(settings).not.toHaveProperty("maxPositionFraction");
    expect(settingsFor("risk", {})).not.toHaveProperty("discordWebhookUrl");
  });

  it("refuses a wrong value as the start does", () => {
    expect(() => settingsFor("risk", { MAX_POSITION_PCT: "10" })).toThrow(/10 % is written 0\.10/);
    expect(() => settingsFor("gateway-bridge", { DRY_RUN: "no", PAPER_TRADING: "no" })).toThrow(/LIVE_ACCOUNT/);
  });

  it("judges only rules whose keys it has", () => {
    expect(settingsFor("risk", { DRY_RUN: "no", PAPER_TRADING: "no" }).paperTrading).toBe(false);
  });
});
