import { SettingsError } from "#libs/config/mod.ts";
import { EXIT } from "#libs/service/mod.ts";
import { type LoadedSettings, loadSettings } from "../deployment/pm2/load-settings.ts";

/** The settings of this installation; ends the process, with a line for each wrong one, when they cannot be used. */
export function settingsOrExit(): LoadedSettings {
  try {
    return loadSettings();
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    console.error(error.message);
    process.exit(EXIT.configuration);
  }
}
