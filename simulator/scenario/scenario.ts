import { readFileSync } from "node:fs";
import { z } from "zod";
import { faultsSchema } from "../gateway/faults.ts";
import { stepSchema } from "./steps.ts";

/** A scenario file: what is wrong from the start, and what happens when. */
export const scenarioSchema = z.strictObject({
  /** Where an editor finds the schema; the program does not read it. */
  $schema: z.string().optional(),
  /** For the reader. */
  description: z.string().optional(),
  /** Faults that are there before the port opens. */
  faults: faultsSchema.partial().default({}),
  steps: z.array(stepSchema).default([]),
});

export type Scenario = z.infer<typeof scenarioSchema>;
/** A scenario as it is written down: what has a default may be left out. */
export type ScenarioInput = z.input<typeof scenarioSchema>;

/** Thrown for a scenario file that cannot be used. One problem a line: file, path, value, what to give. */
export class ScenarioError extends Error {
  readonly code = "SIM_SCENARIO";
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.join("\n"), options);
    this.name = "ScenarioError";
    this.problems = problems;
  }
}

/** Reads a scenario file. @throws ScenarioError naming everything that is wrong with it. */
export function readScenario(path: string): Scenario {
  const json = readJson(path);
  const result = scenarioSchema.safeParse(json);
  if (result.success) return result.data;
  throw new ScenarioError(result.error.issues.map((issue) => `${path}: ${problemText(issue, json)}`));
}

/** The JSON schema of scenario files, published as simulator/scenarios/schema.json. */
export function scenarioJsonSchema(): object {
  return z.toJSONSchema(scenarioSchema, { io: "input" });
}

function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new ScenarioError([`${path}: the scenario cannot be read; give an existing JSON file`], { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ScenarioError([`${path}: the scenario is not JSON (${reason}); correct it there`], { cause });
  }
}

/** "steps.2.when.at is "25:00": give a New York time of day such as 10:15:00". */
function problemText(issue: z.core.$ZodIssue, json: unknown): string {
  const where = issue.path.join(".") || "the scenario";
  if (issue.code === "unrecognized_keys") {
    return `${where} has the unknown field "${issue.keys.join('", "')}": remove it, or correct its name`;
  }
  return `${where} is ${shown(json, issue.path)}: ${wanted(issue)}`;
}

function wanted(issue: z.core.$ZodIssue): string {
  if (issue.message.startsWith("give ")) return issue.message;
  switch (issue.code) {
    case "invalid_type":
      return `give a value of type ${issue.expected}`;
    case "invalid_value":
      return `give one of ${issue.values.join(", ")}`;
    case "invalid_union":
      // Zod's message lists what the discriminator may be.
      return issue.message.replace("Invalid discriminator value. Expected", "give one of").replaceAll(" | ", ", ");
    default:
      return `give what is asked for here (${issue.message})`;
  }
}

function shown(json: unknown, path: readonly PropertyKey[]): string {
  let value = json;
  for (const key of path) value = Object(value)[key];
  return value === undefined ? "missing" : JSON.stringify(value);
}
