/** One thing that is wrong with the configuration, ready to be shown: a secret's value is never in it. */
export type SettingsProblem = {
  /** The key, or where in the file. */
  key: string;
  /** What was given, masked where it is a secret. */
  given: string;
  /** What is allowed, and why where that helps. */
  allowed: string;
  /** A line that would be right. */
  example: string;
};

/** The configuration cannot be used. The message holds every problem, one line each. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly code = "SETTINGS_INVALID";
  readonly problems: readonly SettingsProblem[];

  constructor(problems: readonly SettingsProblem[]) {
    const lines = problems.map(
      ({ key, given, allowed, example }) => `  ${key}: given ${given}; allowed: ${allowed}; example: ${example}`,
    );
    super(
      `The configuration has ${problems.length === 1 ? "a problem" : `${problems.length} problems`}:\n${lines.join("\n")}`,
    );
    this.problems = problems;
  }
}
