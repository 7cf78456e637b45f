import { join } from "node:path";
import { parseSettings, readEnvFile, type Settings } from "#libs/config/mod.ts";
import { PROJECT_DIR } from "./apps.ts";

export interface LoadedSettings {
  readonly settings: Settings;
  /** Null where there is no `.env`: then the gateway is simulated and the mode is dry-run. */
  readonly envFile: string | null;
}

/**
 * The settings of this installation, from `.env` (or the file that `CRUCIBLE_ENV_FILE` names). Without one there is
 * nothing to connect to, so the simulated gateway is used, in dry-run.
 *
 * @throws SettingsError with one line a field
 */
export function loadSettings(): LoadedSettings {
  const path = process.env.CRUCIBLE_ENV_FILE || join(PROJECT_DIR, ".env");
  const raw = readEnvFile(path);
  if (raw !== undefined) return { settings: parseSettings(raw), envFile: path };
  if (process.env.CRUCIBLE_ENV_FILE) throw new Error(`CRUCIBLE_ENV_FILE names ${path}, which is not there.`);
  return { settings: parseSettings({ SIMULATED_GATEWAY: "true", DRY_RUN: "true" }), envFile: null };
}
