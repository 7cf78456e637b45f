/** The NATS server of this project: found or fetched, configured, claimed, started. */
export {
  type Attempt,
  ConfigurationError,
  NatsIdentityError,
  NatsPortTakenError,
  NatsServerNotFoundError,
  NatsServerStartError,
  NatsServerTooOldError,
  NatsServerUnusableError,
  NatsServerWrongHashError,
  NatsSetupError,
  NatsStoreInUseError,
  NatsStoreNotWritableError,
} from "./errors.ts";
export { DEFAULT_BINARIES_DIR, findServer } from "./find-server.ts";
export { ensureIdentities, type Identity } from "./identities.ts";
export { type LaunchOptions, launch, type RunningServer } from "./launch.ts";
export { freePort } from "./port-probe.ts";
export {
  DEFAULT_LIMITS,
  type Permissions,
  type ServerLimits,
  type ServerSettings,
  serverConfig,
} from "./server-config.ts";
export type { LogLevel, LogLine } from "./server-log.ts";
export type { ServerExit } from "./server-process.ts";
export type { FoundServer, Search } from "./source.ts";
