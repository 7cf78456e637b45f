import { type Check, pass, verdict } from "./check.ts";

export const exitExceedsPosition: Check = {
  code: "EXIT_EXCEEDS_POSITION",
  settings: [],
  meaning:
    "The order is for more than is held and not already being closed by other working orders: it could turn the position around. Cancel those first, or close what is left.",
  exitsExempt: false,
  judge: ({ intent, purpose }) =>
    purpose.kind === "entry"
      ? pass({ held: purpose.held })
      : verdict(
          !purpose.fits,
          { quantity: intent.quantity, held: purpose.held, workingExits: purpose.workingExits },
          { left: Math.abs(purpose.held) - purpose.workingExits - intent.quantity, unit: "shares" },
        ),
};
