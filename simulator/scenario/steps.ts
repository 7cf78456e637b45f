import { z } from "zod";
import { type RequestName, type ResponseName, requestIds, responseIds } from "../protocol/messages.ts";
import { actionSchema } from "./actions.ts";

const requestName = z.enum(Object.keys(requestIds) as [RequestName, ...RequestName[]], {
  error: "give the name of a client's message such as PLACE_ORDER (all of them: simulator/protocol/messages.ts)",
});
const responseName = z.enum(Object.keys(responseIds) as [ResponseName, ...ResponseName[]], {
  error: "give the name of a gateway's message such as OPEN_ORDER (all of them: simulator/protocol/messages.ts)",
});

/** Which of its kind fires the step, counted from when the step was armed; `every` fires at each one from there on. */
const counted = { nth: z.int().min(1).default(1), every: z.boolean().default(false) };

/** When a step happens. Two runs of one seed and one conversation meet the same faults at the same places. */
export const whenSchema = z.discriminatedUnion("on", [
  /** At once. */
  z.strictObject({ on: z.literal("start") }),
  /** At the next such time of the market's day, New York: exact to the market second at any speed. */
  z.strictObject({
    on: z.literal("market-time"),
    at: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/, { error: "give a New York time of day such as 10:15:00" }),
  }),
  /** After that much machine time. */
  z.strictObject({ on: z.literal("elapsed"), seconds: z.number().min(0).max(86_400) }),
  /** A message of a ready client, before it is answered. */
  z.strictObject({ on: z.literal("received"), message: requestName, ...counted }),
  /** After a message went out. */
  z.strictObject({ on: z.literal("sent"), message: responseName, ...counted }),
  /** A TCP connection, before its first byte. */
  z.strictObject({ on: z.literal("connect"), ...counted }),
  /** A session that has its next valid id. */
  z.strictObject({ on: z.literal("ready"), ...counted }),
]);

export const stepSchema = z.strictObject({
  when: whenSchema.default({ on: "start" }),
  do: z.array(actionSchema).min(1, { error: "give at least one action" }),
});

export type When = z.infer<typeof whenSchema>;
export type Step = z.infer<typeof stepSchema>;
/** A step as it is written down. */
export type StepInput = z.input<typeof stepSchema>;
