import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import type { StrategyPlan } from "#libs/contracts/mod.ts";
import { isStrategy, type StrategyDefinition } from "#libs/strategy-kit/mod.ts";
import { StrategyLoadError } from "./errors.ts";

export interface LoadedStrategy {
  readonly definition: StrategyDefinition;
  /** Parameters as the strategy's own schema made them, defaults filled in. */
  readonly parameters: unknown;
  /** The file, relative to the library. */
  readonly file: string;
}

/**
 * Loads the strategy of a gameplan's entry from the library folder and checks the entry's parameters. A file that
 * changed since it was last loaded is loaded anew.
 *
 * @throws StrategyLoadError that names the file or the field and the fix
 */
export async function loadStrategy(libraryPath: string, entry: StrategyPlan): Promise<LoadedStrategy> {
  const file = `${entry.file ?? entry.strategy}.ts`;
  const path = join(libraryPath, file);
  const definition = await importStrategy(libraryPath, file, path);
  checkWarmUp(definition, file);
  const checked = await definition.parameters.safeParseAsync(entry.parameters);
  if (!checked.success) {
    const problems = checked.error.issues.map(
      (issue) => `parameters${issue.path.map((part) => `.${String(part)}`).join("")}: ${issue.message}`,
    );
    throw new StrategyLoadError(
      "STRATEGY_PARAMETERS_INVALID",
      `${entry.strategy}: the gameplan's parameters do not fit ${file}: ${problems.join("; ")}. Correct them in the gameplan.`,
    );
  }
  return { definition, parameters: checked.data, file };
}

/** The bridge gives at most so many bars for one question. */
const WARM_UP_BARS_MAX = 2000;

function checkWarmUp({ warmUp, onHistory }: StrategyDefinition, file: string): void {
  if (warmUp === undefined) return;
  const { count } = warmUp;
  if (!Number.isInteger(count) || count < 1 || count > WARM_UP_BARS_MAX) {
    throw new StrategyLoadError(
      "STRATEGY_UNREADABLE",
      `${file}: warmUp.count is ${count}; ask for 1 to ${WARM_UP_BARS_MAX} bars.`,
    );
  }
  if (onHistory !== undefined) return;
  throw new StrategyLoadError(
    "STRATEGY_UNREADABLE",
    `${file} asks for a warmUp and has no onHistory that is told of it. Write one, or leave warmUp out.`,
  );
}

async function importStrategy(libraryPath: string, file: string, path: string): Promise<StrategyDefinition> {
  const stamp = await modifiedAt(path);
  if (stamp === undefined) {
    const there = await strategyFiles(libraryPath);
    throw new StrategyLoadError(
      "STRATEGY_NOT_FOUND",
      `There is no ${file} in the strategy library ${libraryPath}. It holds: ${there.join(", ") || "nothing"}. Correct "strategy" or "file" in the gameplan, or STRATEGY_LIBRARY_PATH.`,
    );
  }
  let module: { readonly default?: unknown };
  try {
    module = (await import(`${pathToFileURL(path)}?modified=${Math.round(stamp)}`)) as { readonly default?: unknown };
  } catch (cause) {
    const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new StrategyLoadError("STRATEGY_UNREADABLE", `${file} cannot be loaded: ${what}. Correct the file.`, {
      cause,
    });
  }
  if (isStrategy(module.default)) return module.default;
  throw new StrategyLoadError(
    "STRATEGY_UNREADABLE",
    `${file} has no strategy as its default export. Write \`export default defineStrategy({ ... })\`.`,
  );
}

/** The strategies of a library by the names a gameplan uses for them, sorted. */
export async function strategyFiles(libraryPath: string): Promise<string[]> {
  try {
    const entries = await readdir(libraryPath, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && /^[a-z0-9][a-z0-9-]*\.ts$/.test(entry.name))
      .map((entry) =>
        relative(libraryPath, join(entry.parentPath, entry.name)).split(sep).join("/").replace(/\.ts$/, ""),
      )
      .sort();
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new StrategyLoadError(
      "STRATEGY_LIBRARY_UNREADABLE",
      `The strategy library cannot be read: ${what}. Correct STRATEGY_LIBRARY_PATH.`,
      { cause },
    );
  }
}

async function modifiedAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    // Whatever keeps the file from being read, it is not there for us; the caller names what is.
    return undefined;
  }
}
