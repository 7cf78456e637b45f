import type { App } from "../setting.ts";
import type { SETTING_GROUPS } from "../settings.ts";

type Documented = {
  allowed: string;
  unit: string;
  default: string;
  example: string;
  description: string;
  secret: boolean;
  apps: readonly App[];
};

/** A group's keys in their order, without the types of their values. */
export function settingsIn(group: (typeof SETTING_GROUPS)[number]): { key: string; setting: Documented }[] {
  return Object.entries<Documented>(group.settings).map(([key, setting]) => ({ key, setting }));
}
