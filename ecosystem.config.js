// What runs. `npm start` starts what is not running yet; `npx pm2 start ecosystem.config.js` works too (and restarts
// what already runs, as PM2 does).
if (!process.features.typescript) {
  throw new Error("This file needs the project's own Node: run `npx pm2 start ecosystem.config.js`, or `npm start`.");
}
const { appsFor } = await import("./deployment/pm2/apps.ts");
const { loadSettings } = await import("./deployment/pm2/load-settings.ts");

export const apps = appsFor(loadSettings().settings);
