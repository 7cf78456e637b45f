import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Service, ServiceContext } from "#libs/service/mod.ts";
import { StrategyHost } from "./edge/host.ts";
import { resolveKitEverywhere } from "./library/resolve-kit.ts";

/** A relative path of the settings starts at the project folder, wherever the process was started. */
const PROJECT = resolve(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** Starts the strategy service: the gameplan's strategies, each from its snapshot, fed from bus and ledger. */
export async function startStrategies(context: ServiceContext<"strategy">): Promise<Service> {
  resolveKitEverywhere();
  const host = await StrategyHost.open(context, {
    gameplanPath: resolve(PROJECT, context.settings.gameplanPath),
    libraryPath: resolve(PROJECT, context.settings.strategyLibraryPath),
  });
  // Whoever is told that this service is ready must find it answering.
  await context.bus.connection.flush();
  return host;
}
