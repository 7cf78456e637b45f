import { InvalidArgumentError } from "commander";
import { priceSchema, quantitySchema, type Side, sideSchema, symbolSchema } from "#libs/contracts/mod.ts";

const REASON_MAX = 500;

/** Words that are kept in the ledger beside what was done. */
export function reason(text: string): string {
  const words = text.trim();
  if (words === "") throw new InvalidArgumentError("say why, in a few words: it is kept in the ledger.");
  if (words.length > REASON_MAX) throw new InvalidArgumentError(`at most ${REASON_MAX} characters.`);
  return words;
}

/** A broker symbol; small letters are taken for capital ones. */
export function symbol(text: string): string {
  const checked = symbolSchema.safeParse(text.trim().toUpperCase());
  if (!checked.success)
    throw new InvalidArgumentError('a symbol is 1 to 16 of A-Z 0-9 space . /, such as SPY or "BRK B".');
  return checked.data;
}

/** Whole shares, above zero. */
export function quantity(text: string): number {
  const checked = quantitySchema.safeParse(decimal(text));
  if (!checked.success) {
    const max = quantitySchema.maxValue?.toLocaleString("en-US");
    throw new InvalidArgumentError(`a quantity is a whole number of shares from 1 to ${max}, in digits.`);
  }
  return checked.data;
}

/** As people write a number: `0x10` and `1e3` are slips of the hand. */
const decimal = (text: string): number => (/^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN);

/** USD a share, above zero. */
export function price(text: string): number {
  const checked = priceSchema.safeParse(decimal(text));
  if (!checked.success) throw new InvalidArgumentError("a price is a number above zero, USD.");
  return checked.data;
}

/** A side of the market. */
export function side(text: string): Side {
  const checked = sideSchema.safeParse(text);
  if (!checked.success) throw new InvalidArgumentError("a side is buy or sell.");
  return checked.data;
}
