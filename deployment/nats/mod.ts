export { type Attempt, NatsServerNotFoundError, NatsSetupError } from "./errors.ts";
export { DEFAULT_BINARIES_DIR, findServer } from "./find-server.ts";
export type { FoundServer, Search } from "./source.ts";
