import { expect, it } from "vitest";
import { parseServerLog } from "./server-log.ts";

it.each([
  ["[12] 2026/11/22 23:20:11.600000 [INF] Server is ready", { level: "info", message: "Server is ready" }],
  ["[12] 2026/11/22 23:20:11.600000 [WRN] slow", { level: "warn", message: "slow" }],
  ["[12] 2026/11/22 23:20:11.600000 [FTL] no", { level: "fatal", message: "no" }],
  ["panic: runtime error", { level: "error", message: "panic: runtime error" }],
  ["[12] 2026/11/22 23:20:11.600000 [INF]  _ ___ _____ ___", undefined],
  ["", undefined],
])("reads %s", (line, expected) => {
  expect(parseServerLog(line)).toEqual(expected);
});
