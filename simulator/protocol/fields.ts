/** A request that cannot be read: a field is missing, or is not what its place asks for. Answered with code 320. */
export class FieldError extends Error {
  readonly code = "SIM_FIELD";
  readonly field: string;

  constructor(field: string, given: string | undefined) {
    super(
      given === undefined
        ? `Unable to read field '${field}': the message ended before it.`
        : `Unable to parse field '${field}' for input string '${given}'`,
    );
    this.name = "FieldError";
    this.field = field;
  }
}

/** How "no value" is written in a double field that the client reads without an empty-check. */
export const unsetDouble = "1.7976931348623157E308";

const unsetDoubles = new Set(["", "1.7976931348623157E308", "1.7976931348623157e+308", "Infinity", "Infinite"]);
const unsetIntegers = new Set(["", "2147483647", "-2147483648"]);

/**
 * Reads the fields of one message in order. Every way a client writes "no value" (tws.md 5, recorded from four
 * clients) is read as `undefined`.
 */
export class FieldReader {
  readonly #fields: readonly string[];
  #index: number;

  constructor(fields: readonly string[], startIndex = 0) {
    this.#fields = fields;
    this.#index = startIndex;
  }

  get remaining(): number {
    return Math.max(0, this.#fields.length - this.#index);
  }

  /** @throws FieldError when the message has ended. */
  text(name: string): string {
    const value = this.#fields[this.#index];
    if (value === undefined) throw new FieldError(name, undefined);
    this.#index += 1;
    return value;
  }

  skip(count: number, name: string): void {
    for (let index = 0; index < count; index += 1) this.text(name);
  }

  /** Past fields that nothing here needs, and that some clients leave out at the end of the message. */
  skipIfThere(count: number, _names: string): void {
    this.#index += Math.min(count, this.remaining);
  }

  /** An integer that must be there. @throws FieldError otherwise. */
  integer(name: string): number {
    const given = this.text(name);
    const value = Number(given);
    if (given === "" || !Number.isInteger(value)) throw new FieldError(name, given);
    return value;
  }

  integerOrUnset(name: string): number | undefined {
    const given = this.text(name);
    if (unsetIntegers.has(given)) return undefined;
    const value = Number(given);
    if (!Number.isInteger(value)) throw new FieldError(name, given);
    return value;
  }

  /** An integer, 0 where the client left it empty. */
  count(name: string): number {
    return this.integerOrUnset(name) ?? 0;
  }

  numberOrUnset(name: string): number | undefined {
    const given = this.text(name);
    if (unsetDoubles.has(given)) return undefined;
    const value = Number(given);
    if (!Number.isFinite(value)) throw new FieldError(name, given);
    return value;
  }

  flag(name: string): boolean {
    const given = this.text(name);
    if (given === "" || given === "0" || given === "false") return false;
    if (given === "1" || given === "true") return true;
    const value = Number(given);
    if (!Number.isInteger(value)) throw new FieldError(name, given);
    return value !== 0;
  }
}

/** Binary noise such as 0.1 + 0.2 is not sent: eight decimals are more than any price, size or amount here has. */
export function rounded(value: number): number {
  return Math.round(value * 1e8) / 1e8;
}
