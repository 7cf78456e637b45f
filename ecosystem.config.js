// What runs. `npm start` starts what is not running yet; `npx pm2 start ecosystem.config.js` works too (and restarts
// what already runs, as PM2 does).
import { createRequire } from "node:module";

if (!process.features.typescript) {
  throw new Error("This file needs the project's own Node: run `npx pm2 start ecosystem.config.js`, or `npm start`.");
}
// `require`, since PM2 loads this file synchronously: neither `await` nor, before the line above, an `import` may stand here.
const require = createRequire(import.meta.url);
const { appsFor } = require("./deployment/pm2/apps.ts");
const { loadSettings } = require("./deployment/pm2/load-settings.ts");

export const apps = appsFor(loadSettings().settings);
