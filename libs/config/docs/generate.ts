import { fileURLToPath } from "node:url";
import { outOfDate, writeDocuments } from "./documents.ts";

/** Writes `.env.example` and `docs/settings.md` from the table; with `--check` it only tells whether they are up to date. */
const root = fileURLToPath(new URL("../../../", import.meta.url));

if (process.argv.includes("--check")) {
  const problems = outOfDate(root);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
} else {
  writeDocuments(root);
}
