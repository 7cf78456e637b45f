export type { Faults } from "./gateway/faults.ts";
export type { RecordedFrame } from "./gateway/frame-log.ts";
export { PortError } from "./gateway/listener.ts";
export type { SimulatedGatewayOptions } from "./gateway/options.ts";
export { type SimulatedGateway, startSimulatedGateway } from "./gateway/simulated-gateway.ts";
export { BarFileError } from "./market/csv.ts";
export type { ActionInput } from "./scenario/actions.ts";
export type { StepInput } from "./scenario/steps.ts";
