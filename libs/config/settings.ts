import type { z } from "zod";
import type { App, ServiceApp } from "./setting.ts";
import { gatewaySettings } from "./settings/gateway.ts";
import { modeSettings } from "./settings/mode.ts";
import { orderLimitSettings } from "./settings/order-limits.ts";
import { loggingSettings, platformSettings } from "./settings/platform.ts";
import { simulatorSettings } from "./settings/simulator.ts";
import { riskSettings, tradingSettings } from "./settings/trading.ts";
import { tripSettings } from "./settings/trips.ts";

/** The table in the order in which people read it: `.env.example` and `docs/settings.md` are generated from it. */
export const SETTING_GROUPS = [
  { title: "Mode", settings: modeSettings },
  { title: "IB Gateway and the market clock", settings: gatewaySettings },
  { title: "What is traded", settings: tradingSettings },
  { title: "Risk", settings: riskSettings },
  { title: "Risk: when a limit of the day is reached", settings: tripSettings },
  { title: "Risk: size, exposure and the flow of orders", settings: orderLimitSettings },
  { title: "Alerts, bus and data", settings: platformSettings },
  { title: "Logs", settings: loggingSettings },
  { title: "Simulated gateway", settings: simulatorSettings },
] as const;

/** Every key of the `.env` file. */
export const SETTINGS = {
  ...modeSettings,
  ...gatewaySettings,
  ...tradingSettings,
  ...riskSettings,
  ...tripSettings,
  ...orderLimitSettings,
  ...platformSettings,
  ...loggingSettings,
  ...simulatorSettings,
};

type Table = typeof SETTINGS;
export type SettingKey = keyof Table;
export type SettingField = Table[SettingKey]["field"];

/** Every setting, typed: camelCase with the unit in the name. */
export type Settings = { readonly [Key in SettingKey as Table[Key]["field"]]: z.output<Table[Key]["schema"]> };

/** The settings that one app receives. */
export type AppSettings<Receiver extends App> = {
  readonly [Key in SettingKey as Receiver extends Table[Key]["apps"][number] ? Table[Key]["field"] : never]: z.output<
    Table[Key]["schema"]
  >;
};

type CommonSettings = {
  readonly [Key in SettingKey as ServiceApp extends Table[Key]["apps"][number] ? Table[Key]["field"] : never]: z.output<
    Table[Key]["schema"]
  >;
};

/** As `AppSettings`, for code that runs any of the four services: what all of them receive can be read. */
export type ServiceSettings<Service extends ServiceApp> = CommonSettings & AppSettings<Service>;

export const SETTING_KEYS = Object.keys(SETTINGS) as SettingKey[];

export function isSettingKey(key: string): key is SettingKey {
  return Object.hasOwn(SETTINGS, key);
}

/** The keys that an app receives, in the order of the table. */
export function keysOf(app: App): SettingKey[] {
  return SETTING_KEYS.filter((key) => (SETTINGS[key].apps as readonly App[]).includes(app));
}
