// The arrows of the architecture: services, cli and simulator import libs; no service imports another; nothing
// imports a service; decisions (files that are pure by contract) import no network.
/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    { name: "no-unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "nothing-imports-a-service",
      comment: "Services share nothing but subjects.",
      severity: "error",
      from: { path: "^(libs|strategies|simulator|cli|deployment)/" },
      to: { path: "^services/" },
    },
    {
      name: "no-service-imports-another",
      severity: "error",
      from: { path: "^services/([^/]+)/" },
      to: { path: "^services/", pathNot: "^services/$1/" },
    },
    {
      name: "libs-import-libs-only",
      severity: "error",
      from: { path: "^libs/" },
      to: { path: "^(services|strategies|simulator|cli|deployment|tests)/" },
    },
    {
      name: "products-do-not-import-tests",
      severity: "error",
      from: {
        path: "^(services|libs|strategies|simulator|cli|deployment)/",
        pathNot: "\\.test\\.ts$|^services/[^/]+/acceptance/",
      },
      to: { path: "^tests/" },
    },
    {
      name: "products-do-not-import-acceptance-tables",
      comment: "An acceptance folder holds the tables that its tests play.",
      severity: "error",
      from: { pathNot: "\\.test\\.ts$|^services/[^/]+/acceptance/" },
      to: { path: "^services/[^/]+/acceptance/" },
    },
    {
      name: "pm2-is-a-tool",
      comment: "PM2 is AGPL: it is run, and spoken to through its process API, never bundled into a service.",
      severity: "error",
      from: { path: "^(services|libs|strategies|simulator)/" },
      to: { path: "node_modules/pm2/" },
    },
    {
      name: "only-the-bridge-speaks-tws",
      severity: "error",
      from: { pathNot: "^(services/gateway-bridge|simulator|tests)/" },
      to: { path: "node_modules/@stoqey/" },
    },
    {
      name: "contracts-and-time-are-pure",
      comment: "No network in the layer everything else stands on.",
      severity: "error",
      from: { path: "^libs/(contracts|time)/", pathNot: "(\\.test|/docs/generate)\\.ts$" },
      to: { path: "(node_modules/(nats|@nats-io)/|^libs/(bus|service|config)/)|^node:(net|http|fs)" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    // The TypeScript 7 compiler has no API that dependency-cruiser can use; swc parses the sources.
    parser: "swc",
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default", "types"],
      extensions: [".ts", ".js", ".mjs", ".cjs", ".json"],
    },
  },
};
