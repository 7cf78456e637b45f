import { SETTING_GROUPS } from "../settings.ts";
import { settingsIn } from "./settings-in.ts";

const COMMENT_WIDTH = 110;

/** The text of `.env.example`: every key with its default, so that a copy of the file changes nothing. */
export function envExample(): string {
  const lines = [
    "# Crucible's settings. Copy this file to .env and change what you need; an absent or empty value is the default.",
    "# A wrong value, or a misspelled key, stops the start with one line for each. Percentages are fractions: 0.10 is 10 %.",
    "# A path without a leading slash or drive letter starts at the project folder; on Windows write it with / or unquoted.",
    "# Generated from libs/config by `npm run generate`.",
  ];
  for (const group of SETTING_GROUPS) {
    lines.push("", `# ---- ${group.title} ${"-".repeat(COMMENT_WIDTH - 8 - group.title.length)}`);
    for (const { key, setting } of settingsIn(group)) {
      const unit = setting.unit === "" ? "" : ` Unit: ${setting.unit}.`;
      lines.push("", ...comment(setting.description), ...comment(`Allowed: ${setting.allowed}.${unit}`));
      if (setting.default === "") lines.push(`# Example: ${key}=${setting.example}`);
      lines.push(`${key}=${setting.default}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function comment(text: string): string[] {
  const lines: string[] = [];
  let line = "#";
  for (const word of text.split(" ")) {
    if (line.length + 1 + word.length > COMMENT_WIDTH) {
      lines.push(line);
      line = "#";
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
