import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { noFaults } from "../gateway/faults.ts";
import { actionSchema } from "./actions.ts";
import { readScenario, ScenarioError, scenarioJsonSchema } from "./scenario.ts";
import { whenSchema } from "./steps.ts";

const examples = fileURLToPath(new URL("../scenarios/", import.meta.url));

function problemsOf(content: unknown): readonly string[] {
  const path = join(mkdtempSync(join(tmpdir(), "scenario-")), "s.json");
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  try {
    readScenario(path);
  } catch (error) {
    if (error instanceof ScenarioError) return error.problems.map((problem) => problem.replace(path, "s.json"));
    throw error;
  }
  return [];
}

describe("a scenario file", () => {
  it.each([
    [
      { faults: { connection: "banana" } },
      's.json: faults.connection is "banana": give one of none, refuse, accept-close',
    ],
    [{ faults: { colour: 1 } }, 's.json: faults has the unknown field "colour": remove it, or correct its name'],
    [{ steps: [{ do: [] }] }, "s.json: steps.0.do is []: give at least one action"],
    [
      { steps: [{ do: [{ action: "explode" }] }] },
      "s.json: steps.0.do.0.action is \"explode\": give one of 'faults', 'wait'",
    ],
    [
      { steps: [{ when: { on: "market-time", at: "25:00" }, do: [{ action: "drop" }] }] },
      's.json: steps.0.when.at is "25:00": give a New York time of day such as 10:15:00',
    ],
    [
      { steps: [{ when: { on: "received", message: "PLACE_ODER" }, do: [{ action: "drop" }] }] },
      's.json: steps.0.when.message is "PLACE_ODER": give the name of a client\'s message such as PLACE_ORDER',
    ],
    [
      { steps: [{ do: [{ action: "error", code: "x", text: "" }] }] },
      's.json: steps.0.do.0.code is "x": give a value of type number',
    ],
    [{ steps: [{ do: [{ action: "error", text: "" }] }] }, "s.json: steps.0.do.0.code is missing: give a value of"],
    ["{", "s.json: the scenario is not JSON"],
  ])("%j is refused, naming path, value and fix", (content, problem) => {
    const problems = problemsOf(content);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });

  it("that is not there is said so", () => {
    expect(() => readScenario("/nowhere/s.json")).toThrow("the scenario cannot be read; give an existing JSON file");
  });

  it("has a published schema, which is this program's", () => {
    const published: unknown = JSON.parse(readFileSync(join(examples, "schema.json"), "utf8"));
    // When it is not: npx crucible-sim schema > simulator/scenarios/schema.json, then npm run format.
    expect(published).toEqual(JSON.parse(JSON.stringify(scenarioJsonSchema())));
  });

  it("is described in the README: every fault, every action, everything a step can wait for", () => {
    const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    const actions = actionSchema.options.map((option) => option.shape.action.value);
    const events = whenSchema.options.map((option) => option.shape.on.value);
    for (const name of [...Object.keys(noFaults), ...actions, ...events]) {
      const isInTable = readme.split("\n").some((line) => line.startsWith("| ") && line.includes(`\`${name}\``));
      expect(isInTable, name).toBe(true);
    }
  });

  it.each(readdirSync(examples).filter((name) => name !== "schema.json"))(
    "%s is an example that can be read",
    (name) => {
      expect(readScenario(join(examples, name)).steps.length).toBeGreaterThan(0);
    },
  );
});
