/**
 * What a field of a gateway's message can be. The gateway is an outside: what it says is checked here, at the edge, once
 * (law 10), and behind this folder every number is one and every text is short.
 */

/** Told of a field that cannot be, with what the gateway said. */
export type Doubt = (field: string, said: unknown) => void;

/** Above any share price there was (one of a million dollars), and any number that a price is multiplied with. */
export const PRICE_USD_MAX = 1e8;
/** Above the shares that any company has issued. */
export const SHARES_MAX = 1e12;
/** Cents are exact below it. */
export const MONEY_USD_MAX = 1e13;
/** Order ids and versions of the protocol have 32 bits. */
const INT32_MAX = 2_147_483_647;
/**
 * The rules of the exchange's days are known from 2013 on (libs/time): a month of it must be there to look back at. At the
 * other end a clock that is set to nonsense is far beyond this century.
 */
const TIME_S_MIN = Temporal.Instant.from("2013-02-01T00:00:00Z").epochMilliseconds / 1000;
const TIME_S_MAX = Temporal.Instant.from("2100-01-01T00:00:00Z").epochMilliseconds / 1000;
/** The broker says that there is no figure by the largest double (tws.md 5). */
const UNSET = 1e300;

const isUnset = (value: number | undefined): value is undefined =>
  value === undefined || (Number.isFinite(value) && Math.abs(value) >= UNSET);

export const isTime = (epochSeconds: number): boolean =>
  Number.isSafeInteger(epochSeconds) && epochSeconds >= TIME_S_MIN && epochSeconds < TIME_S_MAX;

/** `20260310`, a date that exists. */
export function isDay(text: string): boolean {
  const match = /^(\d{4})(\d{2})(\d{2})$/.exec(text);
  if (match === null) return false;
  try {
    return isTime(Temporal.Instant.from(`${match[1]}-${match[2]}-${match[3]}T00:00:00Z`).epochMilliseconds / 1000);
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Ids of orders and clients; those of orders placed by hand in TWS are below zero until they are bound. */
export const isInt32 = (value: number): boolean => Number.isInteger(value) && Math.abs(value) <= INT32_MAX;
/** A number of shares or contracts, or 0. */
export const isSize = (value: number | undefined): value is number =>
  value !== undefined && value >= 0 && value <= SHARES_MAX;
export const isPrice = (value: number | undefined): value is number =>
  value !== undefined && value > 0 && value <= PRICE_USD_MAX;
/** -1 and 0 are the gateway's ways to say that there is no price. */
export const isPriceOrNone = (value: number): boolean => isPrice(value) || value === 0 || value === -1;
export const isMoney = (value: number): boolean => Math.abs(value) <= MONEY_USD_MAX;

/** The id of an execution travels in a header, and names a message of the ledger. */
export const isExecutionId = (text: string | undefined): text is string =>
  text !== undefined && /^[\x21-\x7e]{1,80}$/.test(text);

export const isAccountId = (text: string): boolean => /^[A-Za-z0-9]{1,20}$/.test(text);

/** 0 is TWS itself; null when the gateway does not say, or it cannot be. */
export function clientIdOf(value: number | undefined, doubt: Doubt): number | null {
  if (value === undefined || isInt32(value)) return value ?? null;
  doubt("client id", value);
  return null;
}

/** A permanent id; null when there is none (0, or absent) or it cannot be. */
export function idOf(value: number | undefined, field: string, doubt: Doubt): number | null {
  if (value === undefined || value === 0) return null;
  if (Number.isSafeInteger(value) && value > 0) return value;
  doubt(field, value);
  return null;
}

/** USD a share; null when there is none (unset, 0 or -1) or it cannot be. */
export function priceOf(value: number | undefined, field: string, doubt: Doubt): number | null {
  if (isPrice(value)) return value;
  if (!isUnset(value) && value !== 0 && value !== -1) doubt(field, value);
  return null;
}

/** Shares; null when it is unset or cannot be. */
export function sharesOf(value: number | undefined, field: string, doubt: Doubt): number | null {
  if (isSize(value)) return value;
  if (!isUnset(value)) doubt(field, value);
  return null;
}

/** USD; null when it is unset or cannot be. */
export function moneyOf(value: number | undefined, field: string, doubt: Doubt): number | null {
  if (isUnset(value)) return null;
  if (isMoney(value)) return value;
  doubt(field, value);
  return null;
}

/** A text of the gateway as one line, cut where it goes on for too long. */
export function lineOf(said: unknown, charactersMax = TEXT_CHARACTERS_MAX): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not pass
  const line = String(said ?? "").replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]+/g, " ");
  return line.length <= charactersMax ? line : `${line.slice(0, charactersMax - 1)}…`;
}

/** Room for the longest explanation of a refusal; an alert quotes it whole. */
const TEXT_CHARACTERS_MAX = 1000;
