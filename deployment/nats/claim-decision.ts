import type { PortAnswer } from "./port-probe.ts";

/** What was found before a start, about this store and this port. */
export type ClaimFacts = {
  storeDir: string;
  /** The name a server of this very store goes by. */
  serverName: string;
  port: number;
  /** A launcher that is alive and holds this store. */
  launcher: { pid: number; port: number; startedAt: string } | undefined;
  /** A nats-server that is alive and runs on this store. */
  server: { pid: number } | undefined;
  answer: PortAnswer;
};

export type ClaimDecision =
  | { kind: "start" }
  /** Its launcher is dead: nobody watches it, so it is stopped and a watched one started. */
  | { kind: "stop-orphan"; pid: number }
  | { kind: "refuse-store"; message: string }
  | { kind: "refuse-port"; message: string };

/**
 * Whether a server may be started on this store and port. JetStream has no lock on its directory: two servers on one
 * store both run, and a second one opens the live store before it notices that its port is taken. So this is decided
 * before any server is started.
 */
export function decideClaim(facts: ClaimFacts): ClaimDecision {
  const { storeDir, serverName, port, launcher, server, answer } = facts;
  if (launcher !== undefined) {
    return {
      kind: "refuse-store",
      message: `The store ${storeDir} is already served on port ${launcher.port} by the launcher with process id ${launcher.pid}, started ${launcher.startedAt}. This second copy stops. Stop that one first if this one should run.`,
    };
  }
  if (server !== undefined) return { kind: "stop-orphan", pid: server.pid };
  switch (answer.kind) {
    case "free":
      return { kind: "start" };
    case "nats":
      if (answer.serverName === serverName) {
        return {
          kind: "refuse-store",
          message: `A nats-server ${answer.version} of this very store answers on port ${port}, but its process cannot be identified. ${howToFind(port)} and stop it, then start again.`,
        };
      }
      return {
        kind: "refuse-port",
        message: taken(port, `another nats-server, "${answer.serverName}" version ${answer.version}, answers there`),
      };
    case "foreign":
      return {
        kind: "refuse-port",
        message: taken(
          port,
          answer.greeting === ""
            ? "something that is not a NATS server listens there"
            : `something that is not a NATS server answers there with "${answer.greeting}"`,
        ),
      };
    case "forbidden":
      return {
        kind: "refuse-port",
        message: `The system does not let this user listen on port ${port} (${answer.reason}). Set NATS_PORT to another port, 1024 to 65535, for all services.`,
      };
  }
}

/**
 * Whether what answers at the port may be a server of this store in the act of dying: for a moment its socket still
 * takes connections and closes them without a word, or it has just named itself and its process is already gone. A
 * refusal is for good (PM2 does not start the app again), so such an answer has to last before it is believed.
 */
export function mayBePassing({ serverName, launcher, server, answer }: ClaimFacts): boolean {
  if (launcher !== undefined || server !== undefined) return false;
  if (answer.kind === "foreign") return answer.greeting === "";
  return answer.kind === "nats" && answer.serverName === serverName;
}

function taken(port: number, who: string): string {
  return `Port ${port} is taken: ${who}. ${howToFind(port)} and stop it, or set NATS_PORT to a free port for all services.`;
}

function howToFind(port: number): string {
  return `Find it with "ss -ltnp sport = :${port}" (Windows: netstat -ano | findstr :${port})`;
}
