import { type Check, verdict } from "./check.ts";

export const repeatedExecutions: Check = {
  code: "REPEATED_EXECUTIONS",
  settings: ["MAX_REPEATED_EXECUTIONS", "REPEATED_EXECUTION_WINDOW_SECONDS"],
  meaning:
    "The strategy has entered this symbol in this direction as often as it may within the window of machine time: entries that executed, and those that still may.",
  exitsExempt: true,
  judge: ({ flow: { repeated }, view: { limits } }) => {
    const { maxRepeatedExecutions: limit, repeatedExecutionWindowMs: windowMs } = limits;
    const left = limit - repeated - 1;
    return verdict(left < 0, { repeated, limit, windowMs }, { left, unit: "orders" });
  },
};
