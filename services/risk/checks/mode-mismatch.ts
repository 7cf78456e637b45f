import { type Check, pass, verdict } from "./check.ts";

export const modeMismatch: Check = {
  code: "MODE_MISMATCH",
  settings: ["DRY_RUN", "PAPER_TRADING"],
  meaning: "The connected account is not of the kind the mode is for: a paper account's id begins with D.",
  exitsExempt: true,
  judge: ({ view: { book, mode } }) => {
    const account = book.account?.summary.account;
    if (account === undefined || mode === "dry-run") return pass({ mode });
    const isOfMode = account.startsWith("D") === (mode === "paper");
    return verdict(!isOfMode, { mode, account: `${account.slice(0, 2)}...` });
  },
};
