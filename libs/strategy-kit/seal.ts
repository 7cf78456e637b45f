import { StrategyStateError } from "./errors.ts";

const DEPTH_MAX = 32;
const sealed = new WeakSet<object>();

/**
 * Checks that a state is JSON, so that it comes back from a snapshot as it was, and freezes it, so that a handler
 * that throws half-way has changed nothing. What was sealed before is not walked again.
 *
 * @throws StrategyStateError naming the place that is not JSON
 */
export function sealState<State>(state: State): State {
  walk(state, "state", 0);
  return state;
}

function walk(value: unknown, path: string, depth: number): void {
  if (value === null || typeof value === "string" || typeof value === "boolean") return;
  if (typeof value === "number") {
    if (Number.isFinite(value)) return;
    throw new StrategyStateError(`${path} is ${value}: a state holds JSON, in which numbers are finite`);
  }
  if (typeof value !== "object") {
    throw new StrategyStateError(`${path} is ${typeof value}: a state holds JSON only; use null for what is not there`);
  }
  if (sealed.has(value)) return;
  if (depth >= DEPTH_MAX) throw new StrategyStateError(`${path} is nested deeper than ${DEPTH_MAX}, or in a circle`);
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) walk(item, `${path}[${index}]`, depth + 1);
  } else {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) {
      throw new StrategyStateError(`${path} is a ${value.constructor.name}: a state holds plain objects and arrays`);
    }
    for (const [key, item] of Object.entries(value)) walk(item, `${path}.${key}`, depth + 1);
  }
  sealed.add(Object.freeze(value));
}
