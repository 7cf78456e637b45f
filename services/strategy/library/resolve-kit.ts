import { registerHooks } from "node:module";

/**
 * Lets strategy files import `#libs/strategy-kit/mod.ts` wherever the library folder is: an operator keeps their own
 * strategies outside the project, so that an update of the project does not touch them. Node resolves a `#` name by
 * the nearest package.json, which out there is none of ours.
 */
export function resolveKitEverywhere(): void {
  registerHooks({
    resolve: (specifier, context, nextResolve) =>
      nextResolve(specifier, specifier.startsWith("#libs/") ? { ...context, parentURL: import.meta.url } : context),
  });
}
