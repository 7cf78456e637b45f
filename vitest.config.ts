import { defineConfig } from "vitest/config";

const everywhere = "{services,libs,strategies,simulator,cli,deployment,tests}";

/** Every temporary folder of a run in one, which goes at its end, also when it is interrupted. */
const globalSetup = "./tests/harness/whole-run.ts";

/** Integration tests that keep a core busy themselves: nothing runs beside them. */
const alone = [
  "services/gateway-bridge/history/history.integration.test.ts",
  "simulator/gateway/market-data.integration.test.ts",
];

/** Its troubles come at moments of a script, to processes that have no others beside them. */
const CHAOS = "tests/chaos/chaos.e2e.test.ts";

/** What is waited for ends a test that hangs, and says nothing of the speed of a machine. */
const patience = { poll: { timeout: 15_000 } };

const integration = { globalSetup, testTimeout: 60_000, hookTimeout: 120_000, expect: patience };

const endToEnd = { globalSetup, testTimeout: 180_000, hookTimeout: 180_000, expect: patience };

export default defineConfig({
  test: {
    // For two cores. What starts real servers waits most of its time: two such files use a third of them. So does what
    // starts the whole platform, but for the chaos.
    projects: [
      {
        test: {
          name: "unit",
          globalSetup,
          expect: patience,
          include: [`${everywhere}/**/*.test.ts`],
          exclude: ["**/*.integration.test.ts", "**/*.e2e.test.ts"],
          maxWorkers: 2,
          testTimeout: 20_000,
        },
      },
      {
        test: {
          ...integration,
          name: "integration",
          include: [`${everywhere}/**/*.integration.test.ts`],
          exclude: alone,
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: { ...integration, name: "integration-alone", include: alone, fileParallelism: false },
      },
      {
        test: {
          ...endToEnd,
          name: "e2e",
          include: [`${everywhere}/**/*.e2e.test.ts`],
          exclude: [CHAOS],
          maxWorkers: 2,
          maxConcurrency: 2,
          sequence: { groupOrder: 2 },
        },
      },
      { test: { ...endToEnd, name: "e2e-alone", include: [CHAOS], fileParallelism: false } },
    ],
  },
});
