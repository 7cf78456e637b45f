import { setting } from "../setting.ts";
import { host, port, timeOfDay, wholeNumber, yesNo } from "../values.ts";

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
    description: "How long the daily restart may take before it counts as an outage and raises an alert.",
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
  CLOCK_DRIFT_ALERT_MS: setting({
    field: "clockDriftAlertMs",
    kind: wholeNumber({ min: 1000, max: 3_600_000, zero: "no alert" }),
    unit: "milliseconds",
    default: "2000",
    example: "2000",
    description: "Alert when the machine's clock and the gateway's differ by more. The gateway tells whole seconds.",
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
