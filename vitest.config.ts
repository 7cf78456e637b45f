import { defineConfig } from "vitest/config";

const everywhere = "{services,libs,strategies,simulator,cli,deployment,tests}";

/** Every temporary folder of a run in one, which goes at its end, also when it is interrupted. */
const globalSetup = "./tests/harness/whole-run.ts";

export default defineConfig({
  test: {
    // Two cores: the integration and end-to-end projects start real servers, so they run one file at a time.
    projects: [
      {
        test: {
          name: "unit",
          globalSetup,
          include: [`${everywhere}/**/*.test.ts`],
          exclude: ["**/*.integration.test.ts", "**/*.e2e.test.ts"],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "integration",
          globalSetup,
          include: [`${everywhere}/**/*.integration.test.ts`],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "e2e",
          globalSetup,
          include: [`${everywhere}/**/*.e2e.test.ts`],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
