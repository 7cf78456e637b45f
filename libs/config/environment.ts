import { z } from "zod";
import type { App } from "./setting.ts";
import { keysOf, SETTINGS, type SettingField, type Settings } from "./settings.ts";

/**
 * What goes into an app's environment: each of its own keys, and no other. A setting without a value is there as
 * the empty text, so that a variable of the same name in the operator's shell is not inherited in its place.
 */
export function environmentFor(app: App, settings: Settings): Record<string, string> {
  const values: Readonly<Record<SettingField, unknown>> = settings;
  return Object.fromEntries(
    keysOf(app).map((key) => {
      const { schema, field } = SETTINGS[key];
      return [key, z.encode(schema as z.ZodType<unknown, string>, values[field])];
    }),
  );
}
