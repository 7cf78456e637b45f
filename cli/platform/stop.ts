import type { ProcessManager } from "./process-manager.ts";

/**
 * Stops every app of the platform, the bus last, so that the services can save what they know. The PM2 daemon goes
 * too when nothing else runs under it.
 *
 * @returns the names of what was stopped
 */
export async function stopPlatform(manager: ProcessManager): Promise<string[]> {
  const apps = await manager.list();
  const names = apps.map((app) => app.name);
  await Promise.all(
    names.filter((name) => name !== "nats" && name !== "gateway-sim").map((name) => manager.remove(name)),
  );
  for (const name of ["gateway-sim", "nats"]) if (names.includes(name)) await manager.remove(name);
  return names;
}
