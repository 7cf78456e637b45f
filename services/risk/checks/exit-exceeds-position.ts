import { type Check, figures } from "./check.ts";

export const exitExceedsPosition: Check = {
  code: "EXIT_EXCEEDS_POSITION",
  settings: [],
  meaning:
    "The order is for more than is held and not already being closed by other working orders: it could turn the position around. Cancel those first, or close what is left.",
  exitsExempt: false,
  check: ({ intent, purpose }) =>
    purpose.kind === "entry" || purpose.fits
      ? null
      : figures({ quantity: intent.quantity, held: purpose.held, workingExits: purpose.workingExits }),
};
