import { SERVICES, setting } from "../setting.ts";
import { accountId, orEmpty, yesNo } from "../values.ts";

/** What happens to an approved order (architecture section 10). */
export const modeSettings = {
  DRY_RUN: setting({
    field: "dryRun",
    kind: yesNo(),
    default: "true",
    example: "true",
    description:
      "The bridge fills orders itself, against the live quotes, and sends nothing to the broker. Absent means true: only a written false ever sends an order.",
    apps: ["nats", ...SERVICES, "cli"],
  }),
  PAPER_TRADING: setting({
    field: "paperTrading",
    kind: yesNo(),
    default: "true",
    example: "true",
    description:
      "With DRY_RUN=false: true sends orders to a paper account only (its id begins with D), false to the live account that LIVE_ACCOUNT names.",
    apps: ["nats", ...SERVICES, "cli"],
  }),
  LIVE_ACCOUNT: setting({
    field: "liveAccount",
    kind: orEmpty(
      accountId(
        /^[A-CE-Z][A-Z0-9]{4,11}$/,
        "the id of the live account, capital letters and digits, not beginning with D",
      ),
      "",
    ),
    default: "",
    example: "U1234567",
    description:
      "The one live account that may be traded. Needed when DRY_RUN and PAPER_TRADING are both false; the bridge halts when another account is connected.",
    apps: ["gateway-bridge", "cli"],
  }),
};
