import { SERVICES, setting } from "../setting.ts";
import { choice, orEmpty, path, port, webhookUrl, wholeNumber } from "../values.ts";

/** Where things are kept, the bus, the alerts and the logs. */
export const platformSettings = {
  DATA_DIR: setting({
    field: "dataDir",
    kind: path(),
    default: "data",
    example: "data",
    description: "The folder of the ledger and everything else that must survive; one folder a mode is made below it.",
    apps: ["nats", ...SERVICES, "cli"],
  }),
  NATS_PORT: setting({
    field: "natsPort",
    kind: port(),
    default: "4222",
    example: "4222",
    description: "The port of the local NATS server. It listens on 127.0.0.1 only.",
    apps: ["nats", ...SERVICES, "cli"],
  }),
  NATS_SERVER_PATH: setting({
    field: "natsServerPath",
    kind: orEmpty(path(), ""),
    default: "",
    example: "tools/nats-server",
    description: "The nats-server program to run. Empty: setup finds or fetches one that is new enough.",
    apps: ["nats", "cli"],
  }),
  DISCORD_WEBHOOK_URL: setting({
    field: "discordWebhookUrl",
    kind: orEmpty(webhookUrl(), ""),
    default: "",
    example: "https://discord.com/api/webhooks/...",
    description: "Where alerts are posted. Empty: alerts stay in the ledger, and the notifier says so once.",
    secret: true,
    apps: ["notifier"],
  }),
};

const LOGGING_APPS = [...SERVICES, "gateway-sim"] as const;

export const loggingSettings = {
  LOG_LEVEL: setting({
    field: "logLevel",
    kind: choice(["trace", "debug", "info", "warn", "error", "fatal"]),
    default: "info",
    example: "info",
    description: "The least severe line that is logged.",
    apps: LOGGING_APPS,
  }),
  LOG_FILE: setting({
    field: "logFile",
    kind: orEmpty(path(), ""),
    default: "",
    example: "data/logs/crucible.log",
    description:
      "Write the log to a file as well as to stdout. Each service has its own: its name is put before the extension.",
    apps: LOGGING_APPS,
  }),
  LOG_MAX_BYTES: setting({
    field: "logMaxBytes",
    kind: wholeNumber({ min: 65_536, max: 1_073_741_824 }),
    unit: "bytes",
    default: "10485760",
    example: "10485760",
    description: "The size at which a log file is closed and a new one begun.",
    apps: LOGGING_APPS,
  }),
  LOG_BACKUP_COUNT: setting({
    field: "logBackupCount",
    kind: wholeNumber({ min: 1, max: 1000 }),
    unit: "files",
    default: "14",
    example: "14",
    description: "How many closed log files are kept for each service.",
    apps: LOGGING_APPS,
  }),
};
