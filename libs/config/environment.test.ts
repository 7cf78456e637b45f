import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { environmentFor, parseSettings, SETTINGS, SettingsError, settingsFor } from "./mod.ts";
import { APPS } from "./setting.ts";
import { keysOf, SETTING_KEYS } from "./settings.ts";

const SECRET = `https://discord.com/api/webhooks/123456789012345678/${"secret".repeat(10)}`;

/** Texts of every kind; what does not fit the key is dropped by `accepted` below. */
const texts = fc.oneof(
  fc.constantFrom("", "true", "no", "0", "1", "never", "none", "16:30", "00:00", "2026-11-27", "1.0", "debug", "off"),
  fc.constantFrom(
    "SPY,BRK B",
    "0,0,1,2,3",
    "-1,-1,-1,-1,-1",
    "U1234567",
    "DU7654321",
    "intraday-margin",
    "::1",
    SECRET,
  ),
  fc.integer({ min: 0, max: 2_000_000 }).map(String),
  fc.integer({ min: 1, max: 999_999 }).map((millionths) => (millionths / 1e6).toFixed(6)),
  fc.integer({ min: 0, max: 100_000_000 }).map((cents) => (cents / 100).toFixed(2)),
  fc.stringMatching(/^[A-Za-z0-9 _./\\:-]{1,40}$/).map((text) => text.trim()),
);

const raws = fc.dictionary(fc.constantFrom(...SETTING_KEYS), texts).map((raw) => {
  const accepted = Object.entries(raw).filter(([key, text]) => {
    return SETTINGS[key as keyof typeof SETTINGS].schema.safeDecode(text || " ").success || text === "";
  });
  return Object.fromEntries(accepted);
});

describe("what an app receives", () => {
  it("is what was checked at the start, and nothing else", () => {
    let compared = 0;
    fc.assert(
      fc.property(raws, (raw) => {
        const settings = parsedOrRefused(raw);
        if (settings === undefined) return;
        compared++;
        for (const app of APPS) {
          const environment = environmentFor(app, settings);
          expect(Object.keys(environment)).toEqual(keysOf(app));
          const own = settingsFor(app, environment);
          expect(own).toEqual(
            Object.fromEntries(keysOf(app).map((key) => [SETTINGS[key].field, settings[SETTINGS[key].field]])),
          );
          expect(environmentFor(app, { ...settings, ...own })).toEqual(environment);
        }
      }),
      { numRuns: 300 },
    );
    expect(compared).toBeGreaterThan(50);
  });

  it("has every key, an unset one as the empty text, so that none is inherited from the operator's shell", () => {
    expect(environmentFor("notifier", parseSettings({}))).toEqual({
      DRY_RUN: "true",
      PAPER_TRADING: "true",
      CALENDAR_OVERRIDES_PATH: "",
      DATA_DIR: "data",
      NATS_PORT: "4222",
      DISCORD_WEBHOOK_URL: "",
      LOG_LEVEL: "info",
      LOG_FILE: "",
      LOG_MAX_BYTES: "10485760",
      LOG_BACKUP_COUNT: "14",
    });
  });

  it("holds the webhook in the notifier and nowhere else", () => {
    const settings = parseSettings({ DISCORD_WEBHOOK_URL: SECRET });
    for (const app of APPS) {
      const environment = environmentFor(app, settings);
      expect(JSON.stringify(environment).includes("secretsecret")).toBe(app === "notifier");
    }
  });

  it("holds mode, data folder and bus for every service and the bus, and the log settings for every service", () => {
    for (const app of ["gateway-bridge", "strategy", "risk", "notifier"] as const) {
      expect(keysOf(app)).toEqual(expect.arrayContaining(["DRY_RUN", "PAPER_TRADING", "DATA_DIR", "NATS_PORT"]));
      expect(keysOf(app)).toEqual(
        expect.arrayContaining(["LOG_LEVEL", "LOG_FILE", "LOG_MAX_BYTES", "LOG_BACKUP_COUNT"]),
      );
    }
    expect(keysOf("nats")).toEqual(["DRY_RUN", "PAPER_TRADING", "DATA_DIR", "NATS_PORT", "NATS_SERVER_PATH"]);
  });

  it("keeps the broker's address and the limits to those who use them", () => {
    const receiversOf = (key: keyof typeof SETTINGS) => APPS.filter((app) => keysOf(app).includes(key));
    expect(receiversOf("IBKR_HOST")).toEqual(["gateway-bridge", "cli"]);
    expect(receiversOf("LIVE_ACCOUNT")).toEqual(["gateway-bridge", "cli"]);
    expect(receiversOf("MAX_POSITION_PCT")).toEqual(["risk"]);
    expect(receiversOf("SIM_SEED")).toEqual(["gateway-sim"]);
  });
});

/** Combinations that a rule between keys refuses have no environment. */
function parsedOrRefused(raw: Record<string, string>) {
  try {
    return parseSettings(raw);
  } catch (error) {
    if (error instanceof SettingsError) return undefined;
    throw error;
  }
}
