import { z } from "zod";
import { defineMessage } from "./subject.ts";
import { timestampSchema } from "./values.ts";

export const severitySchema = z.enum(["info", "warning", "critical"]);
export type Severity = z.infer<typeof severitySchema>;

const TITLE_CHARACTERS_MAX = 200;
const TEXT_CHARACTERS_MAX = 2000;
const FIELD_NAME_CHARACTERS_MAX = 100;
const FIELD_VALUE_CHARACTERS_MAX = 500;
const FIELDS_MAX = 20;

export const alertSchema = z.object({
  severity: severitySchema,
  /** One code per kind of alert, e.g. `GATEWAY_UNREACHABLE`. */
  code: z.string().regex(/^[A-Z][A-Z0-9_]*$/),
  title: z.string().min(1).max(TITLE_CHARACTERS_MAX),
  /** What happened, and what the operator can do. Never a secret. */
  text: z.string().max(TEXT_CHARACTERS_MAX),
  fields: z
    .array(
      z.object({
        name: z.string().min(1).max(FIELD_NAME_CHARACTERS_MAX),
        value: z.string().max(FIELD_VALUE_CHARACTERS_MAX),
      }),
    )
    .max(FIELDS_MAX),
});
export type Alert = z.infer<typeof alertSchema>;

/**
 * The alert within its schema's limits: what is too long is cut and ends in an ellipsis. An alert often quotes what
 * others said, of whatever length, and what must be told (law 8) must not be refused for that.
 */
export function boundedAlert(alert: Alert): Alert {
  const fields = alert.fields.slice(0, FIELDS_MAX).map(({ name, value }) => ({
    name: cut(name, FIELD_NAME_CHARACTERS_MAX) || "?",
    value: cut(value, FIELD_VALUE_CHARACTERS_MAX),
  }));
  return {
    ...alert,
    title: cut(alert.title, TITLE_CHARACTERS_MAX) || alert.code,
    text: cut(alert.text, TEXT_CHARACTERS_MAX),
    fields,
  };
}

const cut = (text: string, charactersMax: number): string =>
  text.length <= charactersMax ? text : `${text.slice(0, charactersMax - 1).replace(HALF_A_CHARACTER, "")}…`;

/** The first of two code units of a character; Discord would refuse a text that ends in it. */
const HALF_A_CHARACTER = /[\uD800-\uDBFF]$/;

export const alertMessage = defineMessage({
  name: "alert",
  prefix: "alerts",
  params: ["severity", "source"],
  kind: "outbox",
  stream: "ALERTS",
  publishers: ["gateway-bridge", "strategy", "risk", "notifier", "operator"],
  subscribers: ["operator"],
  description: "What the operator must know; the stream is the outbox, delivered or still queued on disk",
  data: alertSchema,
});

export const deliverySchema = z.object({
  alertId: z.string(),
  /** An id may be raised again once the stream has forgotten it; with this the receipt names one alert. */
  alertPublishedAt: timestampSchema,
  /** `kept`: no webhook is set, the alert stays in the stream. `refused`: Discord will never take it. */
  outcome: z.enum(["delivered", "kept", "refused"]),
  /** Discord's id of the message that carries the alert. */
  discordMessageId: z.string().nullable(),
  detail: z.string(),
});
export type Delivery = z.infer<typeof deliverySchema>;

export const deliveryMessage = defineMessage({
  name: "alert delivery",
  prefix: "notifier.delivery",
  params: [],
  kind: "outbox",
  stream: "ALERTS",
  publishers: ["notifier"],
  subscribers: ["operator"],
  description: "What came of an alert at Discord",
  data: deliverySchema,
});

export const deadLetterMessage = defineMessage({
  name: "dead letter",
  prefix: "dead-letter",
  params: ["service"],
  kind: "outbox",
  stream: "DEAD_LETTERS",
  publishers: ["gateway-bridge", "strategy", "risk", "notifier"],
  subscribers: ["operator"],
  description: "A payload that failed its schema, kept with the reason",
  data: z.object({
    subject: z.string(),
    reason: z.string(),
    /** The payload as it came, base64, at most 64 KiB of it. */
    payloadBase64: z.string(),
  }),
});
