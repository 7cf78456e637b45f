import { readFileSync, writeFileSync } from "node:fs";
import { riskChecksPage } from "./page.ts";

/** Writes `docs/risk-checks.md` from the checks; with `--check` it only tells whether the file is up to date. */
const path = new URL("../../../docs/risk-checks.md", import.meta.url);
const wanted = riskChecksPage();

if (process.argv.includes("--check")) {
  const found = readFileSync(path, "utf8");
  if (found !== wanted) {
    console.error(
      "docs/risk-checks.md is out of date with services/risk/checks. Run `npm run generate` and commit it.",
    );
    process.exit(1);
  }
} else {
  writeFileSync(path, wanted);
}
