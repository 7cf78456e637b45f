import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const HERE = dirname(fileURLToPath(import.meta.url));

/** Files of this service that are loaded with `entry`, without what is only imported on demand. */
async function loadedWith(entry: string, seen = new Map<string, string>()): Promise<Map<string, string>> {
  if (seen.has(entry)) return seen;
  const source = await readFile(entry, "utf8");
  seen.set(entry, source);
  // `import type` is gone at run time; `import(...)` is on demand.
  for (const [, target] of source.matchAll(/^(?:import|export)(?! type)[^;]*? from "(\.[^"]+)";$/gm)) {
    if (target !== undefined) await loadedWith(join(dirname(entry), target), seen);
  }
  return seen;
}

describe("law 5: dry-run sends nothing", () => {
  it("what a dry-run process loads cannot write an order: no file of it names the library's order calls", async () => {
    const files = await loadedWith(join(HERE, "main.ts"));
    expect(files.size).toBeGreaterThan(30);
    for (const [file, source] of files) {
      expect(source, file).not.toMatch(/placeOrder|cancelOrder|reqGlobalCancel|exerciseOptions/);
    }
  });

  it("the file that can is loaded on demand alone, from the branch that dry-run never takes", async () => {
    const opening = await readFile(join(HERE, "desk/open-desk.ts"), "utf8");
    const [before, after] = opening.split('await import("../broker/broker-desk.ts")');
    expect(before).toMatch(/if \(mode === "dry-run"\) \{[^}]*return desk;\s*\}\s*const \{ BrokerDesk \} = $/);
    expect(after).toBeDefined();
    const files = await loadedWith(join(HERE, "main.ts"));
    const onDemand = [...files].filter(([, source]) => /\bimport\(/.test(source)).map(([file]) => file);
    expect(onDemand).toEqual([join(HERE, "desk/open-desk.ts")]);
  });
});
