// The PM2 app `nats`: the bus and the ledger on disk.
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { provision } from "#libs/bus/mod.ts";
import { SettingsError, settingsFor } from "#libs/config/mod.ts";
import { IDENTITIES, modeOf, permissionsOf } from "#libs/contracts/mod.ts";
import { createLogger, EXIT } from "#libs/service/mod.ts";
import { runLauncher } from "./launcher.ts";

const PROJECT_DIR = fileURLToPath(new URL("../..", import.meta.url));

const settings = readSettings();
const mode = modeOf(settings);
const logger = await createLogger({
  name: "nats",
  mode,
  level: "info",
  // PM2 keeps standard output; the file of the services' log settings is not for this one.
  file: "",
  maxBytes: 0,
  backupCount: 0,
  secrets: [],
});
const { natsServerPath } = settings;
await runLauncher(
  {
    dataDir: resolve(PROJECT_DIR, settings.dataDir),
    mode,
    port: settings.natsPort,
    ...(natsServerPath ? { serverPath: resolve(PROJECT_DIR, natsServerPath) } : {}),
    identities: IDENTITIES.map((name) => ({ name, permissions: permissionsOf(name) })),
    provision,
  },
  logger,
);

function readSettings() {
  try {
    return settingsFor("nats", process.env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    console.error(error.message);
    process.exit(EXIT.configuration);
  }
}
