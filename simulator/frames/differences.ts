import { namedFields } from "./field-names.ts";
import { type LoggedFrame, serverVersions } from "./read-log.ts";

/** Sent by the machine's clock, not in answer to anything, or too often to be kept: of no meaning in a comparison. */
const leftOut = new Set(["TICK_PRICE", "TICK_SIZE", "TICK_STRING", "CURRENT_TIME", "PNL", "PNL_SINGLE"]);
/** Comes eleven seconds of the machine after its request. */
const late = "TICK_SNAPSHOT_END";

type Named = ReadonlyMap<string, string>;

/**
 * How the answers of two runs differ. Within a session the nth message of a name is held against the nth of the other
 * run; the order between messages of different names is not compared.
 */
export function differencesOf(recorded: readonly LoggedFrame[], replayed: readonly LoggedFrame[]): string[] {
  const [before, after] = [named(recorded), named(replayed)];
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  return keys.flatMap((key) => groupDifferences(key, before.get(key) ?? [], after.get(key) ?? []));
}

/** The answers of a run by session and message, each with its fields by name. */
function named(frames: readonly LoggedFrame[]): Map<string, Named[]> {
  const groups = new Map<string, Named[]>();
  const versions = serverVersions(frames);
  for (const frame of frames) {
    if (frame.direction === "received" || leftOut.has(frame.name) || frame.name === late) continue;
    const key = `session ${frame.session} ${frame.name}`;
    const fields = new Map(namedFields(frame, versions.get(frame.session)));
    groups.set(key, [...(groups.get(key) ?? []), fields]);
  }
  return groups;
}

function groupDifferences(key: string, recorded: readonly Named[], replayed: readonly Named[]): string[] {
  const lines: string[] = [];
  for (let index = 0; index < Math.max(recorded.length, replayed.length); index += 1) {
    const [before, after] = [recorded[index], replayed[index]];
    const where = `${key} #${index + 1}`;
    if (after === undefined) lines.push(`${where}: recorded, not replayed`);
    else if (before === undefined) lines.push(`${where}: replayed, not recorded`);
    else lines.push(...fieldDifferences(before, after).map((difference) => `${where}: ${difference}`));
  }
  return lines;
}

function fieldDifferences(old: Named, now: Named): string[] {
  const names = [...new Set([...old.keys(), ...now.keys()])];
  return names
    .filter((name) => old.get(name) !== now.get(name))
    .map((name) => `${name}: recorded ${shown(old.get(name))}, replayed ${shown(now.get(name))}`);
}

function shown(value: string | undefined): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}
