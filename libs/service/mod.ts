/** One way to be a service. */
export { ConfigurationError } from "./configuration-error.ts";
export { EXIT } from "./exit-codes.ts";
export { createLogger, type Logger } from "./logger.ts";
export { type HealthReport, runService, type Service, type ServiceContext } from "./service.ts";
export { onStopRequest } from "./stop-request.ts";
