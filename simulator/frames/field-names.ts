import { parseRequest } from "../protocol/requests.ts";
import { newestLayoutVersion } from "../protocol/versions.ts";
import { type NamedField, named } from "./layout.ts";
import { layouts } from "./layouts.ts";
import type { LoggedFrame } from "./read-log.ts";

/**
 * The fields of a logged frame with their names, those without a value left out. A client's message is named as the
 * gateway reads it; what has no name, or cannot be read, is numbered from the id.
 *
 * @param serverVersion of the session, where the log has it: some layouts depend on it.
 */
export function namedFields(frame: LoggedFrame, serverVersion = newestLayoutVersion): NamedField[] {
  const fields = frame.direction === "received" ? ofRequest(frame, serverVersion) : ofResponse(frame, serverVersion);
  return fields.filter(([, value]) => value !== "");
}

function ofRequest(frame: LoggedFrame, serverVersion: number): NamedField[] {
  if (frame.name === "HELLO") return [["versions", String(frame.fields[0] ?? "")]];
  const fields = [String(frame.id), ...frame.fields.map(wireText)];
  const parsed = parseRequest(fields, serverVersion);
  if (parsed.kind !== "request") return numbered(frame);
  const { name: _, ...body } = parsed.request;
  return flat(body, "");
}

/** Nested objects by their leaves: the symbol of the contract is "contract.symbol". */
function flat(value: object, prefix: string): NamedField[] {
  return Object.entries(value).flatMap(([name, entry]): NamedField[] => {
    if (entry === undefined || entry === 0 || entry === false) return [];
    if (typeof entry === "object" && entry !== null && !Array.isArray(entry)) return flat(entry, `${name}.`);
    return [[`${prefix}${name}`, Array.isArray(entry) ? entry.join(",") : String(entry)]];
  });
}

function ofResponse(frame: LoggedFrame, serverVersion: number): NamedField[] {
  return named(layouts[frame.name] ?? "", frame.fields.map(wireText), serverVersion);
}

function numbered(frame: LoggedFrame): NamedField[] {
  return frame.fields.map((field, index) => [`[${index + 1}]`, wireText(field)]);
}

/** As it went over the wire. */
function wireText(field: string | number | boolean): string {
  return typeof field === "boolean" ? (field ? "1" : "0") : String(field);
}
