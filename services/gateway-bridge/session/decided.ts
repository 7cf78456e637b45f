import type { Alert } from "#libs/contracts/mod.ts";
import type { Decided, Session, SessionEffect } from "./session.ts";

/** How the parts of the machine say what they decided. */

export const stay = (session: Session): Decided => ({ session, effects: [] });

export const alert = (what: Alert): SessionEffect => ({ type: "alert", alert: what });

/** Each step sees what the one before it made of the session; the effects follow one another. */
export function inTurn(session: Session, ...steps: readonly ((session: Session) => Decided)[]): Decided {
  return steps.reduce<Decided>(
    (done, step) => {
      const next = step(done.session);
      return { session: next.session, effects: [...done.effects, ...next.effects] };
    },
    { session, effects: [] },
  );
}
