import { readFileSync, writeFileSync } from "node:fs";
import { subjectsDocument } from "./subjects.ts";

/** Writes `docs/subjects.md` from the catalogue; with `--check` it only tells whether the file is up to date. */
const path = new URL("../../../docs/subjects.md", import.meta.url);
const wanted = subjectsDocument();

if (process.argv.includes("--check")) {
  const found = readFileSync(path, "utf8");
  if (found !== wanted) {
    console.error("docs/subjects.md is out of date with libs/contracts. Run `npm run generate` and commit the result.");
    process.exit(1);
  }
} else {
  writeFileSync(path, wanted);
}
