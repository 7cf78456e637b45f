import { CROSS_RULES } from "../cross-rules.ts";
import { SETTING_GROUPS } from "../settings.ts";
import { settingsIn } from "./settings-in.ts";

/** The text of `docs/settings.md`. */
export function settingsPage(): string {
  const lines = [
    "# Settings",
    "",
    "Every key of the `.env` file in the project folder. Generated from `libs/config` by `npm run generate`.",
    "",
    "- An absent or empty value is the default. Without a `.env` file Crucible runs in dry-run.",
    "- A wrong value stops the start, with one line for each: the key, what was given, what is allowed, an example.",
    "- A key that does not exist but looks like one that does stops the start too: a misspelled limit is not a limit. Other unknown keys are ignored.",
    "- Percentages are fractions: `0.10` is 10 %. `10`, `10%` and a bare `1` are refused.",
    "- Each app gets only the keys that name it, and reads them again when it starts. Secrets are in no error, log line or other app.",
    "- A path without a leading slash or drive letter starts at the project folder. On Windows write it with `/`, or leave the quotes out: in double quotes `\\n` is a line break.",
  ];
  for (const group of SETTING_GROUPS) {
    lines.push(
      "",
      `## ${group.title}`,
      "",
      "| key | default | unit | allowed | what it does | apps |",
      "|---|---|---|---|---|---|",
    );
    for (const { key, setting } of settingsIn(group)) {
      const absent = setting.default === "" ? "empty" : code(setting.default);
      const what = setting.secret ? `**Secret.** ${setting.description}` : setting.description;
      lines.push(
        `| ${[code(key), absent, setting.unit, setting.allowed, example(what, setting), setting.apps.join(", ")]
          .map(cell)
          .join(" | ")} |`,
      );
    }
  }
  lines.push("", "## Rules between keys", "", ...CROSS_RULES.map(({ rule }) => `- ${rule}`));
  return `${lines.join("\n")}\n`;
}

function example(what: string, setting: { default: string; example: string }): string {
  return setting.example === setting.default ? what : `${what} Example: ${code(setting.example)}`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
