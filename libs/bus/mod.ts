/** The bus: typed messages over NATS, the ledger as a fold, and the manners that keep both true. */
export * from "./bus.ts";
export * from "./connect.ts";
export * from "./decode.ts";
export { readBatch } from "./direct-read.ts";
export * from "./errors.ts";
export * from "./ledger.ts";
export * from "./logger.ts";
export * from "./outbox.ts";
export * from "./provision.ts";
export { SIGNATURE_HEADER } from "./signature.ts";
