import { type Check, pass, verdict } from "./check.ts";

export const exitExceedsPosition: Check = {
  code: "EXIT_EXCEEDS_POSITION",
  settings: [],
  meaning:
    "The order is for more than is held and not already being closed by other working orders of this platform: it could turn the position around. Cancel those first, or close what is left. Orders of others, placed by hand or by another program, stop no exit; one that could turn the position around beside it is named in an alert.",
  exitsExempt: false,
  judge: ({ intent, purpose }) =>
    purpose.kind === "entry"
      ? pass({ held: purpose.held })
      : verdict(
          !purpose.fits,
          {
            quantity: intent.quantity,
            held: purpose.held,
            workingExits: purpose.workingExits,
            ...(purpose.ordersOfOthers === 0 ? {} : { ordersOfOthers: purpose.ordersOfOthers }),
          },
          { left: Math.abs(purpose.held) - purpose.workingExits - intent.quantity, unit: "shares" },
        ),
};
