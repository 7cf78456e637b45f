/** The NATS server of this project: found or fetched, configured, claimed, started. */
export { NatsSetupError } from "./errors.ts";
export { findServer } from "./find-server.ts";
export { ensureIdentities } from "./identities.ts";
export { type LaunchOptions, launch, type RunningServer } from "./launch.ts";
export { type Permissions, type ServerSettings, serverConfig } from "./server-config.ts";
export type { FoundServer } from "./source.ts";
