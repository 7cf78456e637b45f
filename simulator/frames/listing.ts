import { namedFields } from "./field-names.ts";
import { type LoggedFrame, serverVersions } from "./read-log.ts";

/** Which frames of a log are listed; everything when nothing is named. */
export interface ListingFilter {
  readonly sessions?: readonly number[];
  readonly messages?: readonly string[];
  readonly direction?: "received" | "sent";
}

/**
 * A frame log as a person reads it, one line a frame: market time, session and client, direction (">" to the gateway,
 * "<" from it), message, and the fields that have a value.
 */
export function listing(frames: readonly LoggedFrame[], filter: ListingFilter = {}): string[] {
  const versions = serverVersions(frames);
  return frames.flatMap((frame) => {
    if (!isWanted(frame, filter)) return [];
    const fields = namedFields(frame, versions.get(frame.session));
    const client = frame.clientId === null ? "-" : String(frame.clientId);
    const arrow = frame.direction === "received" ? ">" : "<";
    const shown = fields.map(([name, value]) => `${name}=${quoted(value)}`).join(" ");
    return [`${frame.marketTime.slice(0, 17)} ${frame.session}/${client} ${arrow} ${frame.name} ${shown}`.trimEnd()];
  });
}

function isWanted(frame: LoggedFrame, { sessions, messages, direction }: ListingFilter): boolean {
  if (sessions !== undefined && !sessions.includes(frame.session)) return false;
  if (messages !== undefined && !messages.includes(frame.name)) return false;
  return direction === undefined || direction === frame.direction;
}

/** In quotes where it would not be one word, control characters written out. */
function quoted(value: string): string {
  return /^[^\s"]+$/.test(value) ? value : JSON.stringify(value);
}
