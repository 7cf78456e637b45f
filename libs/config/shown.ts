import { isSettingKey, SETTINGS } from "./settings.ts";

const SHOWN_LENGTH_MAX = 60;

/**
 * A given value as an error may show it: in quotes, on one line, cut to a readable length, and hidden when it is a
 * secret, or looks like the webhook pasted into the wrong line.
 */
export function shown(key: string, value: string): string {
  const secret = (isSettingKey(key) && SETTINGS[key].secret) || /webhook/i.test(value);
  if (secret) return `a hidden value of ${value.length} characters`;
  return JSON.stringify(value.length > SHOWN_LENGTH_MAX ? `${value.slice(0, SHOWN_LENGTH_MAX)}...` : value);
}
