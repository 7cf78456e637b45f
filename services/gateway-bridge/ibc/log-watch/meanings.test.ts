import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { alertSchema } from "#libs/contracts/mod.ts";
import { classify, MEANINGS } from "./meanings.ts";

const stamped = (words: string) => `2026-03-10 16:31:43:459 IBC: ${words}`;

describe("a line of IBC's log", () => {
  it.each([
    ["Second Factor Authentication initiated", "alert", "IBC_SECOND_FACTOR"],
    ["Re-login after second factor authentication timeout in 5 second", "alert", "IBC_SECOND_FACTOR_TIMEOUT"],
    ["Re-login after second factor authentication timeout not required", "alert", "IBC_SECOND_FACTOR_TIMEOUT"],
    [
      "IBC closing because login has not completed after Second Factor Authentication",
      "alert",
      "IBC_SECOND_FACTOR_TIMEOUT",
    ],
    ["IBC closing after Second Factor Authentication dialog timeout", "alert", "IBC_SECOND_FACTOR_TIMEOUT"],
    ["Could not find second factor device 'IB Key' in the list", "alert", "IBC_SECOND_FACTOR_DEVICE"],
    ["TOTP code entry dialog detected but TotpSecret is not configured", "alert", "IBC_SECOND_FACTOR_DEVICE"],
    ["Login failed", "trouble", "IBC_LOGIN_FAILED"],
    ["Detected dialog entitled: Unrecognized Username or Password; event=Opened", "trouble", "IBC_LOGIN_REFUSED"],
    ["Unrecognized Username or Password", "trouble", "IBC_LOGIN_REFUSED"],
    [
      "Too many failed login attempts. Please wait 53 seconds before attempting to re-login again.",
      "trouble",
      "IBC_TOO_MANY_LOGINS",
    ],
    ["Connection to server failed: Server disconnected, please try again", "alert", "IBC_LOGIN_SERVER_AWAY"],
    ["User must choose whether to continue with this session", "alert", "IBC_EXISTING_SESSION"],
    ["End this session and let the other session proceed", "alert", "IBC_EXISTING_SESSION"],
    ["Other session must be a primary: let the other session proceed", "alert", "IBC_EXISTING_SESSION"],
    ["Autorestart file contains invalid credentials: performing full login", "alert", "IBC_FULL_LOGIN"],
    [
      'Auto restart time setting must be hh:mm AM or hh:mm PM, for example "09:30 AM" or "04:00 PM"',
      "alert",
      "IBC_RESTART_TIME_REFUSED",
    ],
    ["Exiting with exit code=1105", "alert", "IBC_ENDED"],
    ["Setting auto-restart time to 04:31 PM", "note", "IBC_RESTART_TIME"],
    ["Login has completed", "logged-in", "IBC_LOGGED_IN"],
  ])("%s", (words, effect, code) => {
    expect(classify(stamped(words))).toMatchObject({ effect, code });
    // Versions differ in the first letter.
    expect(classify(stamped(words[0]?.toLowerCase() + words.slice(1)))).toMatchObject({ effect, code });
  });

  it.each([
    ["2FA completion timed-out but TWOFA_TO_ACTION=EXIT so not restarting IBC", "IBC_ENDED"],
    ["IBC will autorestart shortly", "IBC_AUTO_RESTART"],
    ["IBC will cold-restart shortly", "IBC_COLD_RESTART"],
  ])("of the script that starts it: %s", (line, code) => {
    expect(classify(line)?.code).toBe(code);
  });

  it.each([
    stamped("detected frame entitled: IBKR Gateway; event=Activated"),
    stamped("Login dialog WINDOW_OPENED: LoginState is LOGGED_OUT"),
    stamped("Login has already completed - no need for IBC to exit"),
    stamped("detected dialog entitled: Second Factor Authentication; event=Closed"),
    stamped("Exiting with exit code=1111"),
    stamped("End the other session and continue this one"),
    // A dump of a window, and the gateway's own words: not IBC's.
    "|   null(javax.swing.JLabel){JLabel: Login failed}",
    "Login has completed",
    "Login failed",
    "",
  ])("means nothing: %s", (line) => {
    expect(classify(line)).toBeNull();
  });
});

describe("what is told", () => {
  it.each(MEANINGS.filter(({ effect }) => effect === "alert" || effect === "trouble").map((it) => [it.title, it]))(
    "%s: is an alert that says what to do",
    (_, { severity, code, title, text }) => {
      expect(alertSchema.safeParse({ severity, code, title, text, fields: [] }).success).toBe(true);
      expect(text.length).toBeGreaterThan(40);
    },
  );

  it("stands in the README of the bridge", () => {
    const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
    const missing = MEANINGS.filter(({ code }) => !readme.includes(`\`${code}\``)).map(({ code }) => code);
    expect(missing).toEqual([]);
  });
});
