/** A nats-server version: major, minor, patch. */
export type Version = readonly [major: number, minor: number, patch: number];

/** The version whose archives are pinned by hash and fetched when nothing else is found. */
export const PINNED_VERSION = "2.15.0";

/** Oldest version that is accepted: the oldest minor the ledger was tested with. */
export const MINIMUM_VERSION = "2.12.0";

/** Below this a kill can lose whole streams (nats-server issue 6888, fixed in 2.10.23); 2.9 does not even know sync_interval. */
export const FLOOR_VERSION = "2.10.23";

export function parseVersion(text: string): Version | undefined {
  const match = /(\d+)\.(\d+)\.(\d+)/.exec(text);
  if (match === null) return undefined;
  return [Number(match[1]), Number(match[2]), Number(match[3])];
}

/** Negative when `left` is older than `right`. */
export function compareVersions(left: Version, right: Version): number {
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
}

export function formatVersion(version: Version): string {
  return version.join(".");
}

/** Why a version is refused, or `undefined` when it is new enough. */
export function reasonTooOld(version: Version): string | undefined {
  if (compareVersions(version, required(MINIMUM_VERSION)) >= 0) return undefined;
  const found = `version ${formatVersion(version)} is older than ${MINIMUM_VERSION}`;
  if (compareVersions(version, required(FLOOR_VERSION)) >= 0) return found;
  return `${found}, and older than ${FLOOR_VERSION}, below which a killed server can lose whole streams`;
}

function required(text: string): Version {
  const version = parseVersion(text);
  if (version === undefined) throw new RangeError(`not a version: ${text}`);
  return version;
}
