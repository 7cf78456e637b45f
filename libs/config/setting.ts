import type { Kind } from "./values.ts";

/** Who can receive settings: the PM2 apps, and the operator's command line. */
export const APPS = ["nats", "gateway-bridge", "strategy", "risk", "notifier", "gateway-sim", "cli"] as const;
export type App = (typeof APPS)[number];

export const SERVICES = ["gateway-bridge", "strategy", "risk", "notifier"] as const satisfies readonly App[];
export type ServiceApp = (typeof SERVICES)[number];

/** One key of the `.env` file. */
export type Setting<Field extends string, Value, Receivers extends readonly App[]> = Kind<Value> & {
  /** Its name in the code: camelCase, with the unit. */
  readonly field: Field;
  /** For the documentation; empty where there is none. */
  readonly unit: string;
  /** What an absent or empty key means, as it would be written. */
  readonly default: string;
  readonly example: string;
  readonly description: string;
  /** A secret's value is never shown, logged or written into an error. */
  readonly secret: boolean;
  /** Who gets it; nobody else has it in the environment. */
  readonly apps: Receivers;
};

export function setting<const Field extends string, Value, const Receivers extends readonly App[]>(definition: {
  field: Field;
  kind: Kind<Value>;
  unit?: string;
  default: string;
  example: string;
  description: string;
  secret?: true;
  apps: Receivers;
}): Setting<Field, Value, Receivers> {
  const { field, kind, unit = "", default: absent, example, description, secret = false, apps } = definition;
  return { ...kind, field, unit, default: absent, example, description, secret, apps };
}
