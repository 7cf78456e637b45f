// What no single key can tell: combinations that would trade where they should not, or not start at all.
import type { SettingsProblem } from "./errors.ts";
import type { SettingKey, Settings } from "./settings.ts";

/** Judges settings whose keys are all present and each right by itself. */
export type CrossRule = {
  keys: readonly SettingKey[];
  /** For the documentation. */
  rule: string;
  check: (settings: Settings) => SettingsProblem | undefined;
};

const LOOPBACK = ["127.0.0.1", "localhost", "::1"];

export const CROSS_RULES: readonly CrossRule[] = [
  {
    keys: ["DRY_RUN", "PAPER_TRADING", "LIVE_ACCOUNT"],
    rule: "`DRY_RUN=false` with `PAPER_TRADING=false` (live trading) needs `LIVE_ACCOUNT`.",
    check: ({ dryRun, paperTrading, liveAccount }) =>
      dryRun || paperTrading || liveAccount !== ""
        ? undefined
        : {
            key: "LIVE_ACCOUNT",
            given: "nothing, with DRY_RUN=false and PAPER_TRADING=false",
            allowed: "live trading needs the id of the one account it may trade, not beginning with D",
            example: "LIVE_ACCOUNT=U1234567",
          },
  },
  {
    keys: ["SIMULATED_GATEWAY", "DRY_RUN", "PAPER_TRADING"],
    rule: "`SIMULATED_GATEWAY=true` is refused with live trading.",
    check: ({ simulatedGateway, dryRun, paperTrading }) =>
      !simulatedGateway || dryRun || paperTrading
        ? undefined
        : {
            key: "SIMULATED_GATEWAY",
            given: '"true", with DRY_RUN=false and PAPER_TRADING=false',
            allowed: "live trading goes to a real gateway: choose dry-run, paper, or SIMULATED_GATEWAY=false",
            example: "DRY_RUN=true",
          },
  },
  {
    keys: ["SIMULATED_GATEWAY", "IBKR_HOST"],
    rule: "`SIMULATED_GATEWAY=true` needs an `IBKR_HOST` on this machine.",
    check: ({ simulatedGateway, ibkrHost }) =>
      !simulatedGateway || LOOPBACK.includes(ibkrHost.toLowerCase())
        ? undefined
        : {
            key: "IBKR_HOST",
            given: `${JSON.stringify(ibkrHost)}, with SIMULATED_GATEWAY=true`,
            allowed: "the simulated gateway listens on this machine only",
            example: "IBKR_HOST=127.0.0.1",
          },
  },
  {
    keys: ["MARKET_CLOCK_SPEED", "SIMULATED_GATEWAY"],
    rule: "`MARKET_CLOCK_SPEED` other than 1 needs `SIMULATED_GATEWAY=true`.",
    check: ({ marketClockSpeed, simulatedGateway }) =>
      marketClockSpeed === 1 || simulatedGateway
        ? undefined
        : {
            key: "MARKET_CLOCK_SPEED",
            given: `"${marketClockSpeed}", with SIMULATED_GATEWAY=false`,
            allowed: "a real gateway's market runs at 1; a faster one needs SIMULATED_GATEWAY=true",
            example: "MARKET_CLOCK_SPEED=1",
          },
  },
  {
    keys: ["PDT_ENABLED", "DAY_TRADE_REGIME"],
    rule: "`PDT_ENABLED=false` is refused together with a `DAY_TRADE_REGIME` other than `auto` or `off`.",
    check: ({ pdtEnabled, dayTradeRegime }) =>
      pdtEnabled || dayTradeRegime === "off" || dayTradeRegime === "auto"
        ? undefined
        : {
            key: "DAY_TRADE_REGIME",
            given: `"${dayTradeRegime}", with PDT_ENABLED=false, which means off`,
            allowed: "one of the two must give way: PDT_ENABLED=true, or DAY_TRADE_REGIME=off",
            example: "PDT_ENABLED=true",
          },
  },
  {
    keys: ["MIN_ORDER_QUANTITY", "MAX_ORDER_QUANTITY"],
    rule: "`MIN_ORDER_QUANTITY` is not above `MAX_ORDER_QUANTITY`.",
    check: ({ minOrderQuantity, maxOrderQuantity }) =>
      minOrderQuantity <= maxOrderQuantity
        ? undefined
        : {
            key: "MIN_ORDER_QUANTITY",
            given: `"${minOrderQuantity}", with MAX_ORDER_QUANTITY=${maxOrderQuantity}: no entry could pass`,
            allowed: "at most MAX_ORDER_QUANTITY",
            example: "MIN_ORDER_QUANTITY=1",
          },
  },
  {
    keys: ["IBKR_HOST", "IBKR_PORT", "NATS_PORT"],
    rule: "`NATS_PORT` is not `IBKR_PORT`, unless the gateway is on another machine.",
    check: ({ ibkrHost, ibkrPort, natsPort }) =>
      natsPort === ibkrPort && LOOPBACK.includes(ibkrHost.toLowerCase())
        ? samePort("NATS_PORT", natsPort, "IBKR_PORT", "NATS_PORT=4222")
        : undefined,
  },
  {
    keys: ["SIMULATED_GATEWAY", "SIM_CONTROL_PORT", "IBKR_PORT", "NATS_PORT"],
    rule: "With `SIMULATED_GATEWAY=true`, `SIM_CONTROL_PORT` is neither `IBKR_PORT` nor `NATS_PORT`.",
    check({ simulatedGateway, simControlPort, ibkrPort, natsPort }) {
      if (!simulatedGateway) return undefined;
      if (simControlPort === ibkrPort)
        return samePort("SIM_CONTROL_PORT", ibkrPort, "IBKR_PORT", "SIM_CONTROL_PORT=4003");
      if (simControlPort === natsPort)
        return samePort("SIM_CONTROL_PORT", natsPort, "NATS_PORT", "SIM_CONTROL_PORT=4003");
      return undefined;
    },
  },
];

function samePort(key: SettingKey, port: number, other: SettingKey, example: string): SettingsProblem {
  return { key, given: `"${port}", which is ${other} too`, allowed: "a port of its own", example };
}
