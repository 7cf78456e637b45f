import { readFileSync, writeFileSync } from "node:fs";
import { gatewayCodesPage } from "./page.ts";

/** Writes `docs/gateway-codes.md` from the table of codes; with `--check` it only tells whether the file is up to date. */
const path = new URL("../../../docs/gateway-codes.md", import.meta.url);
const wanted = gatewayCodesPage();

if (process.argv.includes("--check")) {
  const found = readFileSync(path, "utf8");
  if (found !== wanted) {
    console.error(
      "docs/gateway-codes.md is out of date with services/gateway-bridge/gateway/codes-table.ts. Run `npm run generate` and commit it.",
    );
    process.exit(1);
  }
} else {
  writeFileSync(path, wanted);
}
