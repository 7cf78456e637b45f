import { z } from "zod";
import { defineMessage } from "./subject.ts";
import { clientOrderIdSchema, priceSchema } from "./values.ts";

/**
 * What the dry-run market knows of orders at work and the ledger does not: where stops stand and which are triggered.
 * A real broker keeps this to itself as well. What executions explain (groups, brackets) is read from the ledger.
 */
export const dryRunMemorySchema = z.object({
  orders: z.array(
    z.object({
      clientOrderId: clientOrderIdSchema,
      /** USD; null for an order without a stop, and for a trailing stop that has not begun. */
      stopPrice: priceSchema.nullable(),
      triggered: z.boolean(),
    }),
  ),
});
export type DryRunMemory = z.infer<typeof dryRunMemorySchema>;

export const dryRunMemoryMessage = defineMessage({
  name: "dry-run memory",
  prefix: "dry-run.memory",
  params: [],
  kind: "last-value",
  stream: "STATE",
  publishers: ["gateway-bridge"],
  subscribers: ["operator"],
  description: "Where the stops of the dry-run's orders stand, so that a restart moves none of them",
  data: dryRunMemorySchema,
});
