import { z } from "zod";
import { isWeekend } from "./holidays.ts";

const WEEKDAY_NAMES = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/** One day on which the exchange departs from its rules: a day of mourning, a storm, a published half day. */
export const calendarOverrideSchema = z.strictObject({
  date: z.iso
    .date({ error: 'date must be "YYYY-MM-DD" and exist, for example "2025-01-09"', abort: true })
    .superRefine((date, context) => {
      const day = Temporal.PlainDate.from(date);
      if (!isWeekend(day)) return;
      const name = WEEKDAY_NAMES[day.dayOfWeek - 1];
      context.addIssue({ code: "custom", message: `${date} is a ${name}, which is never a session: correct the date` });
    }),
  kind: z.enum(["closed", "early-close"], { error: 'kind must be "closed" or "early-close" (13:00 New York)' }),
  reason: z
    .string({ error: "reason must be a text that the operator will recognise" })
    .trim()
    .min(1, { error: "reason must not be empty: it is shown to the operator" }),
});

export type CalendarOverride = z.infer<typeof calendarOverrideSchema>;

/** The override file: a JSON array of days, each date at most once. */
export const calendarOverridesSchema = z
  .array(calendarOverrideSchema, {
    error: 'must be a JSON array, for example [{"date": "2025-01-09", "kind": "closed", "reason": "day of mourning"}]',
  })
  .superRefine((overrides, context) => {
    const seen = new Set<string>();
    for (const [index, { date }] of overrides.entries()) {
      if (seen.has(date)) {
        context.addIssue({ code: "custom", path: [index, "date"], message: `${date} is listed twice: keep one entry` });
      }
      seen.add(date);
    }
  });

/** Days the exchange closed at short notice; the file may replace them by naming the same date. */
export const BUILT_IN_OVERRIDES: readonly CalendarOverride[] = [
  { date: "2018-12-05", kind: "closed", reason: "National Day of Mourning for George H. W. Bush" },
  { date: "2025-01-09", kind: "closed", reason: "National Day of Mourning for Jimmy Carter" },
];
