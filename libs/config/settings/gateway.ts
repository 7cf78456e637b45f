import { setting } from "../setting.ts";
import { host, orEmpty, path, port, timeOfDay, wholeNumber, yesNo } from "../values.ts";

/** The session with IB Gateway and the clock that comes from it. */
export const gatewaySettings = {
  IBKR_HOST: setting({
    field: "ibkrHost",
    kind: host(),
    default: "127.0.0.1",
    example: "127.0.0.1",
    description: "Where IB Gateway listens. Its API is not encrypted: keep it on this machine.",
    apps: ["gateway-bridge", "cli"],
  }),
  IBKR_PORT: setting({
    field: "ibkrPort",
    kind: port(),
    default: "4002",
    example: "4002",
    description:
      "IB Gateway's API port: 4002 for paper and 4001 for live by default. The simulated gateway listens on the same port.",
    apps: ["gateway-bridge", "gateway-sim", "cli"],
  }),
  IBKR_CLIENT_ID: setting({
    field: "ibkrClientId",
    kind: wholeNumber({ min: 1, max: 999 }),
    default: "1",
    example: "1",
    description: "The bridge's API client id. Keep it fixed: orders belong to the client id that sent them.",
    apps: ["gateway-bridge"],
  }),
  GATEWAY_RESTART_AT: setting({
    field: "gatewayRestartAt",
    kind: timeOfDay(),
    unit: "HH:mm New York",
    default: "16:30",
    example: "16:30",
    description: "When IB Gateway restarts itself every day (IBC's AutoRestartTime). Expected, not an outage.",
    apps: ["gateway-bridge", "risk", "cli"],
  }),
  GATEWAY_RESTART_WINDOW_MINUTES: setting({
    field: "gatewayRestartWindowMinutes",
    kind: wholeNumber({ min: 1, max: 120 }),
    unit: "minutes of market time",
    default: "10",
    example: "10",
    description:
      "How long the daily restart may take before it counts as an outage and raises an alert. It covers one restart: a drop later than a minute after the gateway is back is an outage.",
    apps: ["gateway-bridge", "risk", "cli"],
  }),
  GATEWAY_FREEZE_SECONDS: setting({
    field: "gatewayFreezeSeconds",
    kind: wholeNumber({ min: 0, max: 900 }),
    unit: "seconds of market time",
    default: "30",
    example: "30",
    description:
      "No order is submitted in this time before the daily restart: an order written just before it can vanish without a reply.",
    apps: ["gateway-bridge", "risk"],
  }),
  IBC_COMMAND_PORT: setting({
    field: "ibcCommandPort",
    kind: wholeNumber({ min: 1, max: 65_535, zero: "off" }),
    default: "0",
    example: "7462",
    description:
      "IBC's command server on this machine (CommandServerPort in IBC's config.ini). With it `crucible gateway restart` works, and a gateway that accepts connections and answers nothing is restarted without a new login.",
    apps: ["gateway-bridge"],
  }),
  IBC_RESTARTS_PER_DAY_MAX: setting({
    field: "ibcRestartsPerDayMax",
    kind: wholeNumber({ min: 1, max: 10, zero: "only when the operator asks" }),
    unit: "restarts a New York day",
    default: "2",
    example: "2",
    description:
      "How often a day the bridge may have IBC restart a gateway that answers nothing. The operator's own restarts are not counted.",
    apps: ["gateway-bridge"],
  }),
  IBC_LOG_PATH: setting({
    field: "ibcLogPath",
    kind: orEmpty(path(), ""),
    default: "",
    example: "C:/IBC/Logs",
    description:
      "IBC's log: its folder (LOG_PATH in StartGateway.bat; the newest IBC-*.txt in it is read) or one file. Log-in trouble in it becomes an alert: second factor, refused credentials, another session. Empty: not watched.",
    apps: ["gateway-bridge"],
  }),
  CLOCK_DRIFT_ALERT_MS: setting({
    field: "clockDriftAlertMs",
    kind: wholeNumber({ min: 1000, max: 3_600_000, zero: "no alert" }),
    unit: "milliseconds",
    default: "2000",
    example: "2000",
    description:
      "Alert when the machine's clock and the gateway's differ by more; at five times as much entries are denied too. The gateway tells whole seconds. Not with the simulated gateway, whose day may be any.",
    apps: ["gateway-bridge", "risk"],
  }),
  MARKET_DATA_QUIET_SECONDS: setting({
    field: "marketDataQuietSeconds",
    kind: wholeNumber({ min: 3, max: 3600 }),
    unit: "seconds",
    default: "45",
    example: "45",
    description:
      "A market data stream that says nothing for so long while the market is open is asked for anew, and an alert follows when that does not help. Raise it for symbols that hardly trade.",
    apps: ["gateway-bridge"],
  }),
  DELAYED_MARKET_DATA: setting({
    field: "delayedMarketData",
    kind: yesNo(),
    default: "false",
    example: "false",
    description:
      "Take prices 15 to 20 minutes old where the account has no live subscription, instead of none. They are marked; no entry is approved on them, and dry-run opens no position at them.",
    apps: ["gateway-bridge"],
  }),
  MARKET_CLOCK_SPEED: setting({
    field: "marketClockSpeed",
    kind: wholeNumber({ min: 1, max: 1000 }),
    unit: "market seconds a machine second",
    default: "1",
    example: "1",
    description: "How fast market time passes. More than 1 only with the simulated gateway.",
    apps: ["gateway-bridge", "gateway-sim", "cli"],
  }),
  SIMULATED_GATEWAY: setting({
    field: "simulatedGateway",
    kind: yesNo(),
    default: "false",
    example: "false",
    description: "Start the simulated IB Gateway on IBKR_PORT and trade against it. Never with live trading.",
    apps: ["gateway-bridge", "cli"],
  }),
};
