import type { Alert } from "#libs/contracts/mod.ts";

/** Alerts about the account's figures; all codes are listed in the README of this service. */

export const figuresStale = (minutes: number): Alert => ({
  severity: "warning",
  code: "ACCOUNT_FIGURES_STALE",
  title: `The broker has given no account figures for ${minutes} minutes`,
  text: "They are not published any more, so risk refuses entries; exits pass. The bridge keeps asking. If it lasts, reconnect the gateway's account connection or restart it.",
  fields: [],
});

export const figuresCurrent = (): Alert => ({
  severity: "info",
  code: "ACCOUNT_FIGURES_CURRENT",
  title: "The broker gives account figures again",
  text: "They are published again, and entries are no longer refused for their age.",
  fields: [],
});

export const serverResets = (): Alert => ({
  severity: "warning",
  code: "ACCOUNT_NOT_READY",
  title: "The broker's account server resets: its figures are not believed",
  text: "It said accountReady=false. Values it sends until it is ready may be wrong and are left out; risk refuses entries once the last good ones are too old.",
  fields: [],
});

export const serverReadyAgain = (): Alert => ({
  severity: "info",
  code: "ACCOUNT_READY",
  title: "The broker's account server is ready again",
  text: "Every figure is read anew.",
  fields: [],
});

export const summaryRefused = (code: number, text: string): Alert => ({
  severity: "warning",
  code: "ACCOUNT_SUMMARY_REFUSED",
  title: "The broker refuses to tell the account's figures",
  text: `It said ${code}: ${text}. The bridge keeps asking. With 322, another program at this gateway holds the two summaries a connection may have: end it.`,
  fields: [],
});
