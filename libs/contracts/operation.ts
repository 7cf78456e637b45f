import { z } from "zod";
import { SERVICES } from "./identity.ts";
import { outcomeSchema } from "./orders.ts";
import { defineMessage } from "./subject.ts";
import { symbolSchema } from "./values.ts";

/** What the operator may ask of a service. */
export const CONTROL_VERBS = {
  risk: [
    "halt",
    "reduce",
    "resume",
    // Cancels what works and closes what is held until the account is flat.
    "flatten",
  ],
  "gateway-bridge": [
    "reconnect",
    "resume",
    // By way of IBC's command port.
    "restart",
    "reconnect-data",
    "reconnect-account",
    // `symbol` names the position.
    "accept-position",
    // Every order of the account, also those that are not ours.
    "global-cancel",
  ],
  strategy: ["reload"],
  notifier: ["test"],
} as const satisfies Record<(typeof SERVICES)[number], readonly string[]>;

export const controlMessage = defineMessage({
  name: "control",
  prefix: "control",
  params: ["service", "verb"],
  kind: "request",
  publishers: ["operator"],
  description: "The operator's commands; each service serves its own verbs",
  data: z.object({
    reason: z.string().max(500),
    /** What it is about, for the verbs that concern one symbol. */
    symbol: symbolSchema.optional(),
    /** Causes that the operator overrides by name, for `resume`. */
    override: z.array(z.string().min(1).max(60)).max(20).optional(),
    /** For `flatten`: also positions that our executions do not explain. */
    everything: z.boolean().optional(),
  }),
  reply: outcomeSchema,
});

export const healthSchema = z.object({
  service: z.enum(SERVICES),
  /** `starting` until it can do its work; `degraded` when it runs but lacks something, named in `detail`. */
  status: z.enum(["starting", "ok", "degraded"]),
  detail: z.string(),
  pid: z.number().int().positive(),
  uptimeSeconds: z.number().nonnegative(),
  memoryBytes: z.number().nonnegative(),
  /** The figures that `status` and `pm2 monit` show. */
  figures: z.record(z.string(), z.union([z.string(), z.number()])),
});
export type Health = z.infer<typeof healthSchema>;

export const healthMessage = defineMessage({
  name: "health",
  prefix: "health",
  params: ["service"],
  kind: "core",
  publishers: ["gateway-bridge", "strategy", "risk", "notifier"],
  subscribers: ["operator", "notifier"],
  description: "Heartbeat with the figures that the status table and `pm2 monit` show, once a second",
  data: healthSchema,
});

/** A service's folded state, with the newest ledger sequence it includes. */
export const snapshotMessage = defineMessage({
  name: "snapshot",
  prefix: "snapshot",
  params: ["service"],
  kind: "last-value",
  stream: "STATE",
  publishers: ["gateway-bridge", "strategy", "risk", "notifier"],
  subscribers: ["operator"],
  description: "State of a service as folded from the ledger, so that a start need not read it all",
  data: z.object({
    service: z.enum(SERVICES),
    /** Version of the state's shape; another version is ignored and the ledger is read from its beginning. */
    stateVersion: z.number().int(),
    lastSequence: z.number().int().nonnegative(),
    /** Subject and id of the message at that sequence: another one there tells that the ledger was cut. */
    lastMark: z.string().optional(),
    state: z.json(),
  }),
});
