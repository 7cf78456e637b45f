import type { Alert } from "#libs/contracts/mod.ts";

/** What the outbox has to say of itself; it goes the same way as every alert, and waits on the disk like it. */

export const WEBHOOK_REFUSED = "DISCORD_WEBHOOK_REFUSED";

export const webhookRefused = (detail: string): Alert => ({
  severity: "critical",
  code: WEBHOOK_REFUSED,
  title: "Discord refuses the webhook: no alert reaches you",
  text: `${detail}. Nothing more is sent, because repeating it gets this address banned. Alerts are kept. Make a new webhook in the channel's settings, put it in DISCORD_WEBHOOK_URL, then \`npm stop\` and \`npm start\`; or, if it works again, \`npx crucible notifier test\`.`,
  fields: [],
});

export const discordUnreachable = (detail: string): Alert => ({
  severity: "warning",
  code: "DISCORD_UNREACHABLE",
  title: "Discord was out of reach, so alerts are late",
  text: `${detail}. Alerts are kept on the disk and tried again without end, at most a minute apart.`,
  fields: [],
});

export const discordBack = (outageMs: number): Alert => ({
  severity: "info",
  code: "DISCORD_BACK",
  title: `Discord takes messages again after ${Math.round(outageMs / 1000)} s`,
  text: "",
  fields: [],
});
