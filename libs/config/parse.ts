import { CROSS_RULES } from "./cross-rules.ts";
import { SettingsError, type SettingsProblem } from "./errors.ts";
import { nearestKey } from "./near-miss.ts";
import type { App, ServiceApp } from "./setting.ts";
import {
  type AppSettings,
  isSettingKey,
  keysOf,
  SETTING_KEYS,
  SETTINGS,
  type ServiceSettings,
  type SettingKey,
  type Settings,
} from "./settings.ts";
import { shown } from "./shown.ts";
import { NOT_ALLOWED } from "./values.ts";

export type RawSettings = Readonly<Record<string, string | undefined>>;

/**
 * Reads what the `.env` file says. An absent or empty value is the default; an unknown key that looks like a known
 * one is a problem, because a mistyped limit must not silently be the default; other unknown keys are ignored.
 * Throws `SettingsError` with all problems.
 */
export function parseSettings(raw: RawSettings): Settings {
  const { values, problems } = parseKeys(SETTING_KEYS, raw);
  const mistyped = Object.keys(raw).filter((key) => !isSettingKey(key));
  const all = [...problems, ...mistyped.flatMap(mistypedProblem)];
  if (all.length > 0) throw new SettingsError(all);
  return values as Settings;
}

/**
 * Reads an app's own settings from its environment (`process.env`); every other variable is ignored.
 * Throws `SettingsError` with all problems.
 */
export function settingsFor<Service extends ServiceApp>(
  app: Service,
  environment: RawSettings,
): ServiceSettings<Service>;
export function settingsFor<Receiver extends App>(app: Receiver, environment: RawSettings): AppSettings<Receiver>;
export function settingsFor(app: App, environment: RawSettings): object {
  const { values, problems } = parseKeys(keysOf(app), environment);
  if (problems.length > 0) throw new SettingsError(problems);
  return values;
}

function parseKeys(keys: readonly SettingKey[], raw: RawSettings) {
  const values: Record<string, unknown> = {};
  const problems: SettingsProblem[] = [];
  const good = new Set<SettingKey>();
  for (const key of keys) {
    const setting = SETTINGS[key];
    const text = raw[key]?.trim() || setting.default;
    const decoded = setting.schema.safeDecode(text);
    if (decoded.success) {
      values[setting.field] = decoded.data;
      good.add(key);
    } else {
      const reason = decoded.error.issues[0]?.message;
      const given =
        reason === undefined || reason === NOT_ALLOWED ? shown(key, text) : `${shown(key, text)} (${reason})`;
      problems.push({ key, given, allowed: setting.allowed, example: `${key}=${setting.example}` });
    }
  }
  for (const { keys: judged, check } of CROSS_RULES) {
    if (!judged.every((key) => good.has(key))) continue;
    const problem = check(values as Settings);
    if (problem !== undefined) problems.push(problem);
  }
  return { values, problems };
}

function mistypedProblem(key: string): SettingsProblem[] {
  const meant = nearestKey(key);
  if (meant === undefined) return [];
  return [
    {
      key: shown("", key).slice(1, -1),
      given: "a key that does not exist",
      allowed: `did you mean ${meant}? Correct it, or remove the line`,
      example: `${meant}=${SETTINGS[meant].example}`,
    },
  ];
}
