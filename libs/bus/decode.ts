import type { z } from "zod";
import type { Envelope } from "#libs/contracts/mod.ts";

export type Decoded<Data> =
  | { readonly ok: true; readonly envelope: Envelope<Data> }
  | { readonly ok: false; readonly reason: string };

const text = new TextDecoder("utf-8", { fatal: true });

/** Reads a payload by its schema; never throws, a failure names the field and what was wrong with it. */
export function decode<Data>(
  message: { readonly envelope: z.ZodType<Envelope<Data>> },
  payload: Uint8Array,
): Decoded<Data> {
  let value: unknown;
  try {
    value = JSON.parse(text.decode(payload));
  } catch (error) {
    return { ok: false, reason: `not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  const result = message.envelope.safeParse(value);
  if (result.success) return { ok: true, envelope: result.data };
  return { ok: false, reason: describeIssues(result.error) };
}

/** One line for all that a schema found wrong: `field: what`, separated by semicolons. */
export function describeIssues(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join(".") || "(message)"}: ${issue.message}`).join("; ");
}
