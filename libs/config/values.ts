// The kinds of value a setting can have. A kind reads the text of the .env file and writes it back, so that what a
// service receives in its environment is what was checked at the start.
import { z } from "zod";

/** A zod codec between the text in the environment and the value in the code, and its range in words. */
export type Kind<Value> = { schema: z.ZodType<Value, string>; allowed: string };

export function wholeNumber({ min, max, zero }: { min: number; max: number; zero?: string }): Kind<number> {
  const range = `a whole number from ${min} to ${max}`;
  return kind({
    allowed: zero === undefined ? range : `${range}, or 0 (${zero})`,
    read(text) {
      if (!/^\d{1,15}$/.test(text)) return refused();
      const value = Number(text);
      return (value >= min && value <= max) || (zero !== undefined && value === 0) ? value : refused();
    },
    write: String,
  });
}

/** An amount of USD, cents at the finest. */
export function amountUsd({ min, max }: { min: number; max: number }): Kind<number> {
  return kind({
    allowed: `an amount of USD from ${min} to ${max}, digits and at most two decimals`,
    read(text) {
      if (!/^\d{1,12}(\.\d{1,2})?$/.test(text)) return refused();
      const value = Number(text);
      return value >= min && value <= max ? value : refused();
    },
    write: String,
  });
}

/**
 * A part of a whole, written as a fraction: 0.10 is 10 %. "10" and "10%" are refused, and so is a bare "1": who
 * writes it may mean 1 % as well as 100 %, and the difference is the account.
 */
export function fraction({ min, max }: { min: number; max: number }): Kind<number> {
  return kind({
    allowed: `a fraction from ${min} to ${max.toFixed(1)}, with a decimal point: 0.10 means 10 %`,
    read(text) {
      const percent = /^(\d{1,3}(?:[.,]\d+)?)\s*%?$/.exec(text)?.[1];
      if (percent === undefined) return refused();
      const value = Number(percent);
      if (/^(\d\.\d{1,6}|0)$/.test(text) && value >= min && value <= max) return value;
      if (text === "1") return refused("1 % is written 0.01, and 100 % is written 1.0");
      if (text.includes(",")) return refused("the decimal sign is a point");
      if (value >= 1) return refused(`${value} % is written ${written(value / 100)}`);
      return refused();
    },
    write: written,
  });
}

export function yesNo(): Kind<boolean> {
  return kind({
    allowed: "true or false (also yes, no, 1, 0)",
    read(text) {
      const word = text.toLowerCase();
      if (["true", "yes", "1"].includes(word)) return true;
      return ["false", "no", "0"].includes(word) ? false : refused();
    },
    write: String,
  });
}

export function choice<const Choices extends readonly string[]>(choices: Choices): Kind<Choices[number]> {
  return kind({
    allowed: choices.join(" | "),
    read: (text) => choices.find((one) => one === text.toLowerCase()) ?? refused(),
    write: (value) => value,
  });
}

/** A New York time of day, "HH:mm". */
export function timeOfDay(): Kind<string> {
  return pattern(/^([01]\d|2[0-3]):[0-5]\d$/, "a New York time of day from 00:00 to 23:59, two digits each");
}

/** As `timeOfDay`, or the word "never". */
export function timeOfDayOrNever(): Kind<string> {
  return pattern(/^(([01]\d|2[0-3]):[0-5]\d|never)$/, "a New York time of day from 00:00 to 23:59, or never");
}

/** A date of the calendar, "YYYY-MM-DD". */
export function date(): Kind<string> {
  return kind({
    allowed: "a date of the calendar, YYYY-MM-DD",
    read: (text) => (z.iso.date().safeParse(text).success ? text : refused()),
    write: (value) => value,
  });
}

export function port(): Kind<number> {
  return { ...wholeNumber({ min: 1, max: 65_535 }), allowed: "a TCP port from 1 to 65535" };
}

export function host(): Kind<string> {
  return pattern(/^[A-Za-z0-9]([A-Za-z0-9.:-]{0,252}[A-Za-z0-9])?$|^::1$/, "a host name or an IP address");
}

/**
 * A path. Quotes and control characters are refused: they are what an unclosed quote, or a Windows path such as
 * "C:\new" in double quotes (the \n becomes a line break), leaves behind.
 */
export function path(): Kind<string> {
  return kind({
    allowed: "a path without quotes or line breaks, of at most 1024 characters",
    read(text) {
      if (/["'`]/.test(text)) return refused("a quote is part of it: is the other one missing?");
      if (/\p{Cc}/u.test(text)) return refused("\\n in double quotes is a line break: write / or leave the quotes out");
      return text.length <= 1024 ? text : refused();
    },
    write: (value) => value,
  });
}

/** An upper-case account id that fits the pattern. */
export function accountId(expected: RegExp, allowed: string): Kind<string> {
  return pattern(expected, allowed);
}

export function symbols(): Kind<readonly string[]> {
  return list(/^[A-Z0-9][A-Z0-9 ./]{0,15}$/, { min: 1, max: 100, allowed: "1 to 100 symbols separated by commas" });
}

/** The tags DayTradesRemaining, T+1 .. T+4 of a simulated account; the empty list is an account without them. */
export function dayTradesRemaining(): Kind<readonly number[]> {
  return kind({
    allowed: "five whole numbers from -1 (unlimited) to 3 separated by commas, or none (tags absent)",
    read(text) {
      if (text.toLowerCase() === "none") return [];
      const parts = text.split(",").map((part) => part.trim());
      return parts.length === 5 && parts.every((part) => /^(-1|[0-3])$/.test(part)) ? parts.map(Number) : refused();
    },
    write: (value) => (value.length === 0 ? "none" : value.join(",")),
  });
}

/** A Discord webhook, or a stand-in for it on this machine. */
export function webhookUrl(): Kind<string> {
  return pattern(
    /^https:\/\/((ptb|canary)\.)?discord(app)?\.com\/api\/(v\d+\/)?webhooks\/\d{5,25}\/[A-Za-z0-9_-]{20,100}$|^http:\/\/127\.0\.0\.1:\d{1,5}\/\S*$/,
    "the whole webhook address that Discord shows, https://discord.com/api/webhooks/... (or http://127.0.0.1:PORT/... for tests)",
  );
}

/** A kind that may be left empty: the empty text is `whenEmpty`, an empty text or list. */
export function orEmpty<Value>({ schema, allowed }: Kind<Value>, whenEmpty: Value): Kind<Value> {
  return {
    allowed: `empty, or ${allowed}`,
    schema: z.codec(z.string(), z.custom<Value>(), {
      decode(text, context) {
        if (text === "") return whenEmpty;
        const decoded = schema.safeDecode(text);
        if (decoded.success) return decoded.data;
        for (const { message } of decoded.error.issues) context.issues.push({ code: "custom", message, input: text });
        return z.NEVER;
      },
      encode: (value) => (isEmpty(value) ? "" : z.encode(schema, value)),
    }),
  };
}

function isEmpty(value: unknown): boolean {
  return value === "" || (Array.isArray(value) && value.length === 0);
}

class Refused {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

/** The message of an issue that says no more than that the text is not among what is allowed. */
export const NOT_ALLOWED = "not allowed";

/** @param reason how what was probably meant is written, where that is known. */
function refused(reason = NOT_ALLOWED): Refused {
  return new Refused(reason);
}

function kind<Value>(definition: {
  allowed: string;
  read: (text: string) => Value | Refused;
  write: (value: Value) => string;
}): Kind<Value> {
  return {
    allowed: definition.allowed,
    schema: z.codec(z.string(), z.custom<Value>(), {
      decode(text, context) {
        const value = definition.read(text);
        if (!(value instanceof Refused)) return value;
        context.issues.push({ code: "custom", message: value.reason, input: text });
        return z.NEVER;
      },
      encode: (value) => definition.write(value),
    }),
  };
}

function pattern(expected: RegExp, allowed: string): Kind<string> {
  return kind({ allowed, read: (text) => (expected.test(text) ? text : refused()), write: (value) => value });
}

function list(part: RegExp, { min, max, allowed }: { min: number; max: number; allowed: string }) {
  return kind<readonly string[]>({
    allowed,
    read(text) {
      const parts = text.split(",").map((one) => one.trim());
      const good = parts.length >= min && parts.length <= max && parts.every((one) => part.test(one));
      return good && new Set(parts).size === parts.length ? parts : refused();
    },
    write: (value) => value.join(","),
  });
}

/** A fraction as it is read: never a bare 1, and not in the exponent form that `String` chooses for the smallest. */
function written(value: number): string {
  if (value === 0) return "0";
  const [whole, decimals = ""] = value.toFixed(6).replace(/0+$/, "").split(".");
  return `${whole}.${decimals.padEnd(2, "0")}`;
}
