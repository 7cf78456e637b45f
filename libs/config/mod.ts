/** The `.env` file: one table of keys, read, checked, and handed out so that each app has only its own. */
export { readEnvFile } from "./env-file.ts";
export { environmentFor } from "./environment.ts";
export { SettingsError } from "./errors.ts";
export { parseSettings, settingsFor } from "./parse.ts";
export type { App } from "./setting.ts";
export { type AppSettings, SETTINGS, type ServiceSettings, type Settings } from "./settings.ts";
