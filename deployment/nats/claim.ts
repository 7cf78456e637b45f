import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { decideClaim, mayBePassing } from "./claim-decision.ts";
import { hasCode, NatsPortTakenError, NatsStoreInUseError } from "./errors.ts";
import { type PortAnswer, probePort } from "./port-probe.ts";
import { inspectProcess, type ProcessFacts, stillRuns } from "./process-facts.ts";
import { readIfThere } from "./read-if-there.ts";
import { ensureWritable } from "./writable.ts";

const Holder = z.object({ pid: z.int().positive(), startedAs: z.string().optional() });

/** Who holds a store. Lies beside it, so it is found whatever the port. */
const ClaimRecord = z.object({
  launcher: Holder,
  server: Holder.optional(),
  port: z.int(),
  serverName: z.string(),
  startedAt: z.string(),
});
type ClaimRecord = z.infer<typeof ClaimRecord>;

export type ClaimTarget = {
  storeDir: string;
  /** Written by nats-server itself. */
  pidFile: string;
  /** On its command line a server of this store names this file. */
  configFile: string;
  port: number;
  serverName: string;
  onNotice: (message: string) => void;
};

/** The right to run a server on a store, until it is released. */
export type Claim = {
  /** Remembers the server, so that the next launcher recognises it if this one is killed. */
  recordServer: (pid: number) => Promise<void>;
  release: () => Promise<void>;
};

const ORPHANS_MAX = 3;
const STOP_GRACE_MS = 10_000;
/** A dying server's socket is gone within milliseconds of its process; this long an answer is somebody else's. */
const PASSING_MS = 3_000;
const PASSING_STEP_MS = 50;

/**
 * Takes a store, before anything touches it. An orphaned server of this store is stopped; a living launcher, or somebody
 * else on the port, is a refusal.
 *
 * The folder around the store must exist.
 *
 * @throws NatsStoreInUseError, NatsPortTakenError, NatsStoreNotWritableError
 */
export async function claimStore(target: ClaimTarget): Promise<Claim> {
  const recordFile = join(dirname(target.storeDir), "nats.claim.json");
  let orphans = 0;
  let passingSinceMs: number | undefined;
  for (;;) {
    const text = await readIfThere(recordFile);
    const facts = await gatherFacts(target, text);
    if (mayBePassing(facts)) {
      passingSinceMs ??= performance.now();
      if (performance.now() - passingSinceMs < PASSING_MS) {
        await sleep(PASSING_STEP_MS);
        continue;
      }
    }
    const decision = decideClaim(facts);
    switch (decision.kind) {
      case "refuse-store":
        throw new NatsStoreInUseError(decision.message);
      case "refuse-port":
        throw new NatsPortTakenError(decision.message);
      case "stop-orphan":
        if (orphans === ORPHANS_MAX) {
          throw new NatsStoreInUseError(
            `Servers of the store ${target.storeDir} keep appearing; the last has process id ${decision.pid}. Find what starts them.`,
          );
        }
        target.onNotice(`nats-server with process id ${decision.pid} lost its launcher; it is stopped and replaced`);
        await stopProcess(decision.pid);
        orphans += 1;
        break;
      case "start": {
        const claim = await takeRecord(recordFile, text, target);
        try {
          await ensureWritable(target.storeDir);
        } catch (error) {
          await claim.release();
          throw error;
        }
        return claim;
      }
    }
  }
}

async function gatherFacts(target: ClaimTarget, text: string | undefined) {
  const record = text === undefined ? undefined : parseRecord(text);
  const answer = await probePort(target.port);
  const launcher = record !== undefined && (await isHolder(record.launcher)) ? record : undefined;
  return {
    storeDir: target.storeDir,
    serverName: target.serverName,
    port: target.port,
    launcher: launcher && { pid: launcher.launcher.pid, port: launcher.port, startedAt: launcher.startedAt },
    server: await findServerProcess(target, record, answer),
    answer,
  };
}

async function findServerProcess(
  target: ClaimTarget,
  record: ClaimRecord | undefined,
  answer: PortAnswer,
): Promise<{ pid: number } | undefined> {
  const written = Number.parseInt((await readIfThere(target.pidFile)) ?? "", 10);
  const candidates = [record?.server, Number.isSafeInteger(written) && written > 0 ? { pid: written } : undefined];
  for (const candidate of candidates) {
    if (candidate === undefined) continue;
    const facts = await inspectProcess(candidate.pid);
    if (facts === undefined) continue;
    if (isServerOf(target, candidate, facts, answer)) return { pid: candidate.pid };
  }
  return undefined;
}

/** A process id alone proves nothing: it may belong to somebody else by now. */
function isServerOf(
  target: ClaimTarget,
  candidate: z.infer<typeof Holder>,
  facts: ProcessFacts,
  answer: PortAnswer,
): boolean {
  if (candidate.startedAs !== undefined && candidate.startedAs === facts.startedAs) return true;
  const commandLine = facts.commandLine ?? "";
  if (commandLine.includes(target.configFile)) return true;
  const answersAsOurs = answer.kind === "nats" && answer.serverName === target.serverName;
  return answersAsOurs && commandLine.includes("nats-server");
}

async function isHolder(holder: z.infer<typeof Holder>): Promise<boolean> {
  const facts = await inspectProcess(holder.pid);
  if (facts === undefined) return false;
  if (holder.startedAs === undefined || facts.startedAs === undefined) return holder.pid !== process.pid;
  return holder.startedAs === facts.startedAs;
}

/**
 * Replaces the record that was judged, and no other: it is moved aside first, which only one of two launchers can do,
 * and put back if it is not the one that was read.
 */
async function takeRecord(recordFile: string, judged: string | undefined, target: ClaimTarget): Promise<Claim> {
  const self = await inspectProcess(process.pid);
  const record: ClaimRecord = {
    launcher: { pid: process.pid, ...(self?.startedAs !== undefined && { startedAs: self.startedAs }) },
    port: target.port,
    serverName: target.serverName,
    startedAt: Temporal.Now.instant().toString({ smallestUnit: "second" }),
  };
  const lost = new NatsStoreInUseError(
    `Another launcher took the store ${target.storeDir} at the same moment. This second copy stops.`,
  );
  if (judged !== undefined) {
    const aside = `${recordFile}.${randomUUID()}`;
    try {
      await rename(recordFile, aside);
    } catch (error) {
      if (hasCode(error, "ENOENT")) throw lost;
      throw error;
    }
    if ((await readFile(aside, "utf8")) !== judged) {
      await link(aside, recordFile);
      await rm(aside);
      throw lost;
    }
    await rm(aside);
  }
  try {
    await writeFile(recordFile, JSON.stringify(record), { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (hasCode(error, "EEXIST")) throw lost;
    throw error;
  }
  return {
    async recordServer(pid) {
      const facts = await inspectProcess(pid);
      const server = { pid, ...(facts?.startedAs !== undefined && { startedAs: facts.startedAs }) };
      const temporary = `${recordFile}.${randomUUID()}`;
      await writeFile(temporary, JSON.stringify({ ...record, server }), { mode: 0o600 });
      await rename(temporary, recordFile);
    },
    async release() {
      await rm(recordFile, { force: true });
      await rm(target.pidFile, { force: true });
    },
  };
}

/** Asks, then insists. On Windows the first already ends it, which JetStream survives: what was acknowledged is written. */
async function stopProcess(pid: number): Promise<void> {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (hasCode(error, "ESRCH")) return;
      throw new NatsStoreInUseError(
        `The orphaned nats-server with process id ${pid} belongs to another user. Stop it, then start again.`,
      );
    }
    for (let waitedMs = 0; waitedMs < STOP_GRACE_MS; waitedMs += 50) {
      if (!(await stillRuns(pid))) return;
      await sleep(50);
    }
  }
  throw new NatsStoreInUseError(`The orphaned nats-server with process id ${pid} cannot be stopped. Stop it by hand.`);
}

/** A damaged record (a power cut while it was written) holds nobody; the port and the server's own file still speak. */
function parseRecord(text: string): ClaimRecord | undefined {
  try {
    return ClaimRecord.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
