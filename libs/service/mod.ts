/** One way to be a service. */
export { EXIT } from "./exit-codes.ts";
export { createLogger, type Logger } from "./logger.ts";
export { ConfigurationError, type HealthReport, runService, type Service, type ServiceContext } from "./service.ts";
