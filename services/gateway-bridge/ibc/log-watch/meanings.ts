import type { Alert } from "#libs/contracts/mod.ts";

/** What a line of IBC's log means to the operator. The words are ours: nothing of the line itself is ever told. */
export interface Meaning {
  /** Sought in IBC's own words, from their beginning and in any case: versions differ in capitals. */
  readonly pattern: RegExp;
  /**
   * - `alert`: told.
   * - `trouble`: a login that failed: the session halts, and its alert carries the words.
   * - `logged-in`: ends what waited for a login.
   * - `note`: of interest in our log only.
   */
  readonly effect: "alert" | "trouble" | "logged-in" | "note";
  readonly code: string;
  readonly severity: Alert["severity"];
  readonly title: string;
  /** What to do. */
  readonly text: string;
  /** Over as soon as a login succeeds. */
  readonly endsWithLogin: boolean;
}

type Row = readonly [Meaning["effect"], RegExp, string, Alert["severity"], string, string];

const WINDOW = "Look at the gateway's window";
const RESUME = "When the gateway is logged in: `npx crucible gateway resume`.";

/** Of IBC itself: lines with its time stamp. From the sources of IBC 3.8 to 3.24.1, and logs that users published. */
const IBC_ROWS: readonly Row[] = [
  [
    "alert",
    /^Second Factor Authentication initiated/i,
    "IBC_SECOND_FACTOR",
    "critical",
    "IB Gateway waits for the second factor: confirm on the phone",
    "Open IBKR Mobile and confirm the login within three minutes. Until then there is no session and no order is sent.",
  ],
  [
    "alert",
    /^Re-login after second factor authentication timeout in /i,
    "IBC_SECOND_FACTOR_TIMEOUT",
    "critical",
    "Nobody confirmed the second factor; IBC logs in anew",
    "A new request comes to the phone in a moment: confirm that one. It goes on like this until somebody does.",
  ],
  [
    "alert",
    /^(Re-login after second factor authentication timeout not required|IBC closing after Second Factor Authentication dialog timeout|IBC closing because login has not completed after Second Factor Authentication)/i,
    "IBC_SECOND_FACTOR_TIMEOUT",
    "critical",
    "The login with the second factor was not completed",
    "It was not confirmed in time, or the login hung after it. Unless IBC is set to start again by itself (ReloginAfterSecondFactorAuthenticationTimeout=yes, TWOFA_TIMEOUT_ACTION=restart) the gateway stays logged out: start it again (task \\Crucible\\Gateway), with the phone at hand.",
  ],
  [
    "alert",
    /^(You should specify the required second factor device|could not find second factor device|could not select second factor device)/i,
    "IBC_SECOND_FACTOR_DEVICE",
    "critical",
    "IB Gateway asks which device the second factor is for, and IBC cannot choose",
    "Choose it in the gateway's window now. For the next time set SecondFactorDevice in IBC's config.ini to the exact text of the list, such as IB Key.",
  ],
  [
    "alert",
    /^TOTP code (entry dialog detected but|generation failed|entry field not found)|^could not find OK button in TOTP/i,
    "IBC_SECOND_FACTOR_DEVICE",
    "critical",
    "IB Gateway asks for a code, and IBC cannot enter it",
    "Enter the code in the gateway's window. For the next time check TotpSecret in IBC's config.ini.",
  ],
  [
    "trouble",
    /^Too many failed login attempts/i,
    "IBC_TOO_MANY_LOGINS",
    "critical",
    "Interactive Brokers refuses logins for a while: too many have failed",
    `Do not try again for some minutes: each try may lock the user for longer. Then correct IbLoginId and IbPassword in IBC's config.ini. ${RESUME}`,
  ],
  [
    "trouble",
    /^(Unrecognized Username or Password|detected dialog entitled: Unrecognized Username or Password; event=Opened)/i,
    "IBC_LOGIN_REFUSED",
    "critical",
    "Interactive Brokers refused the user name or the password",
    `Check IbLoginId, IbPassword and TradingMode in IBC's config.ini (a backslash is written twice, nothing stands in quotes). If they are right, the kept session was no longer valid: end the gateway and start it again (task \\Crucible\\Gateway). ${RESUME}`,
  ],
  [
    "trouble",
    /^Login failed/i,
    "IBC_LOGIN_FAILED",
    "critical",
    "The login of IB Gateway failed",
    `The credentials were refused, or the broker's login server was not there. IBC may try again without end, and too many tries lock the user. ${WINDOW}; check IbLoginId and IbPassword in IBC's config.ini. ${RESUME}`,
  ],
  [
    "alert",
    /^(Connection to server failed|detected dialog entitled: Login Error; event=Opened)/i,
    "IBC_LOGIN_SERVER_AWAY",
    "warning",
    "IB Gateway cannot reach the broker's login server",
    "The network is down, or the broker is (weekend, nightly reset). IBC tries again by itself. If it lasts, check the network.",
  ],
  [
    "alert",
    /^User must choose whether to continue with this session/i,
    "IBC_EXISTING_SESSION",
    "critical",
    "The same user is logged in elsewhere, and IB Gateway asks what to do",
    "Choose in the gateway's window, or log out the other session (TWS, the phone app, the web site). For the next time set ExistingSessionDetectedAction=primary in IBC's config.ini.",
  ],
  [
    "alert",
    /^(End this session and let the other session proceed|Other session must be a primary)/i,
    "IBC_EXISTING_SESSION",
    "critical",
    "IB Gateway gave way to another session of the same user",
    "It is logged out, and no order is sent. Log out the other session (TWS, the phone app, the web site), then start the gateway again (task \\Crucible\\Gateway). A user of its own for the platform avoids this.",
  ],
  [
    "alert",
    /^could not handle 'Existing session detected'/i,
    "IBC_EXISTING_SESSION",
    "critical",
    "The same user is logged in elsewhere, and IBC could not deal with it",
    "Choose in the gateway's window. ExistingSessionDetectedAction in IBC's config.ini must be primary, primaryoverride, secondary or manual.",
  ],
  [
    "alert",
    /^Autorestart file contains invalid credentials/i,
    "IBC_FULL_LOGIN",
    "warning",
    "IB Gateway could not keep its session over the restart: a full login follows",
    "In live mode a request comes to the phone: confirm it. Once a week, after Sunday 01:00 New York, this is expected.",
  ],
  [
    "alert",
    /^Auto (restart|log ?off) time setting must be/i,
    "IBC_RESTART_TIME_REFUSED",
    "warning",
    "IBC refused its AutoRestartTime: the gateway will not restart at the time you set",
    "Write it in config.ini exactly as 04:30 PM: two digits, a blank, capital letters, no quotes; and keep the regional format of Windows at English (United States).",
  ],
  [
    "alert",
    /^IBC closing after TWS\/Gateway failed to display login dialog/i,
    "IBC_ENDED",
    "warning",
    "IB Gateway did not show its login in time; IBC starts it again",
    "If it goes on, look at the machine: no memory left, or an update of the gateway that IBC does not know.",
  ],
  [
    "alert",
    // 1111 and 1112 follow a line that is told, and IBC starts again after them.
    /^Exiting with exit code=(?!111[12]\b)\d{4}/i,
    "IBC_ENDED",
    "critical",
    "IBC ended with an error, and IB Gateway with it",
    "Its window may wait for a key to be pressed, and then nothing starts it again: close that window, read the end of IBC's log, correct what it names, and run the task \\Crucible\\Gateway.",
  ],
  ["note", /^Re-login to session/i, "IBC_RELOGIN", "info", "the broker ended the session, and IBC logs in again", ""],
  [
    "note",
    /^(Setting auto-restart time to|Auto restart time (set|changed|already))/i,
    "IBC_RESTART_TIME",
    "info",
    "the auto-restart time of the gateway is set",
    "",
  ],
  ["logged-in", /^Login has completed$/i, "IBC_LOGGED_IN", "info", "IB Gateway is logged in", ""],
];

/** Of the script that starts IBC: lines without a time stamp (`scripts\StartIBC.bat`). */
const SCRIPT_ROWS: readonly Row[] = [
  [
    "alert",
    /^2FA completion timed-out but TWOFA_TO_ACTION=EXIT/i,
    "IBC_ENDED",
    "critical",
    "IBC ended, since nobody confirmed the second factor: IB Gateway is down",
    "Start it again (task \\Crucible\\Gateway), with the phone at hand. With TWOFA_TIMEOUT_ACTION=restart in StartGateway.bat it tries again by itself.",
  ],
  [
    "alert",
    /^WARNING: More than one autorestart file was found/i,
    "IBC_FULL_LOGIN",
    "warning",
    "Two gateways share one settings folder: the kept session is gone, and a full login follows",
    "In live mode a request comes to the phone: confirm it. Give each gateway its own TWS_SETTINGS_PATH.",
  ],
  [
    "note",
    /^IBC will autorestart shortly/i,
    "IBC_AUTO_RESTART",
    "info",
    "IBC restarts the gateway with its session",
    "",
  ],
  [
    "note",
    /^IBC will cold-restart shortly/i,
    "IBC_COLD_RESTART",
    "info",
    "IBC starts the gateway with a full login",
    "",
  ],
];

const meaningOf = ([effect, pattern, code, severity, title, text]: Row): Meaning => ({
  pattern,
  effect,
  code,
  severity,
  title,
  text,
  endsWithLogin: code !== "IBC_RESTART_TIME_REFUSED",
});

const IBC_MEANINGS = IBC_ROWS.map(meaningOf);
const SCRIPT_MEANINGS = SCRIPT_ROWS.map(meaningOf);
export const MEANINGS: readonly Meaning[] = [...IBC_MEANINGS, ...SCRIPT_MEANINGS];

/** `2026-03-10 16:30:31:459 IBC: `: what else stands in the log (dumps of windows, the gateway's own words) is not IBC's. */
const STAMP = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}:\d{3} IBC: /;

/** What a line means; null for the many that mean nothing to the operator. */
export function classify(line: string): Meaning | null {
  const [stamp] = STAMP.exec(line) ?? [];
  if (stamp === undefined) return SCRIPT_MEANINGS.find(({ pattern }) => pattern.test(line)) ?? null;
  const words = line.slice(stamp.length).trimEnd();
  return IBC_MEANINGS.find(({ pattern }) => pattern.test(words)) ?? null;
}
