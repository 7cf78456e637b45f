import { missed, type Source } from "../source.ts";

const COMMANDS: Partial<Record<NodeJS.Platform, string>> = {
  darwin: "brew install nats-server",
  win32: "winget install -e --id NATSAuthors.NATSServer",
  linux: "install the package nats-server of your distribution",
};

/**
 * Where installing means changing the system, the operator does it: the command is named, not run. Afterwards the
 * server is found on the PATH (in a new terminal on Windows).
 */
export const packageManagerHint: Source = {
  name: "system package manager",
  async find({ platform }) {
    return missed({
      source: "system package manager",
      code: "NATS_SERVER_NOT_FOUND",
      problem: "this installs into the system, so it is yours to do",
      remedy: `Run: ${COMMANDS[platform] ?? "your package manager"} (2.12.0 or later), then start again; or set NATS_SERVER_PATH.`,
    });
  },
};
