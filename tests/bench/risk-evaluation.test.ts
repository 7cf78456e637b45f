import { expect, it } from "vitest";
import { measureRiskEvaluation } from "./risk-evaluation.ts";

it("measures decisions of the outcome that each is named after, under both day-trading rules", () => {
  expect(Object.keys(measureRiskEvaluation(1, 1))).toEqual(
    ["pattern-day-trader", "intraday-margin"].flatMap((rule) =>
      ["entry approved", "entry denied", "exit approved"].map((name) => `${name}, ${rule}`),
    ),
  );
});
