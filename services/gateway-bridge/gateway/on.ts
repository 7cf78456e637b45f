import type { EventName } from "@stoqey/ib";

/** Listens to one of the library's events for as long as the connection lives; what the handler throws ends no process. */
export type On = (event: EventName, handler: (...values: never[]) => void) => void;
