/** Subjects, payloads, streams and permissions: the only place that knows them. */
export * from "./alerts.ts";
export * from "./catalogue.ts";
export * from "./gameplan.ts";
export * from "./gateway.ts";
export * from "./identity.ts";
export * from "./market-data.ts";
export * from "./mode.ts";
export * from "./operation.ts";
export * from "./orders.ts";
export * from "./permissions.ts";
export * from "./risk.ts";
export * from "./strategy.ts";
export * from "./streams.ts";
export * from "./subject.ts";
export * from "./values.ts";
