import { describe, expect, it } from "vitest";
import { createCalendar, epochMsOf } from "#libs/time/mod.ts";
import { SessionRun } from "../testing/session-run.ts";
import { statusOf } from "./status.ts";
import { weekendAt } from "./weekend.ts";

const { isTradingDay } = createCalendar();
const FRIDAY = "2026-03-13";
const SATURDAY = "2026-03-14";
const SUNDAY = "2026-03-15";
const MONDAY = "2026-03-16";

/** A session whose market clock stands at this moment. */
function at(
  date: string,
  time: string,
  ...rest: [change?: object, kept?: SessionRun["session"]["weekly"]]
): SessionRun {
  const run = new SessionRun("10:30", rest[0] ?? {}, { weekly: rest[1] ?? null });
  run.marketMs = epochMsOf(date, time);
  return run;
}

function jump(run: SessionRun, date: string, time: string): SessionRun {
  run.marketMs = epochMsOf(date, time);
  return run.wait(100);
}

/** Attempts that are refused, as they are while the gateway waits at its login window. */
function refused(run: SessionRun, attempts: number): SessionRun {
  for (let attempt = 0; attempt < attempts; attempt += 1)
    run.untilTrying().say({ type: "closed", error: "ECONNREFUSED" });
  return run;
}

describe("the weekend to think of", () => {
  it.each([
    [FRIDAY, "16:59", "2026-03-08"],
    [FRIDAY, "17:00", SUNDAY],
    [SATURDAY, "12:00", SUNDAY],
    [SUNDAY, "23:59", SUNDAY],
    [MONDAY, "00:00", SUNDAY],
    ["2026-03-19", "12:00", SUNDAY],
  ])("on %s at %s is that of %s", (date, time, sunday) => {
    expect(weekendAt(epochMsOf(date, time), isTradingDay).sunday).toBe(sunday);
  });

  it.each([
    ["an ordinary Monday", SUNDAY, "2026-03-16"],
    ["Labor Day", "2026-09-06", "2026-09-08"],
    ["the clock change of March 2027", "2027-03-14", "2027-03-15"],
    ["the clock change of November 2026", "2026-11-01", "2026-11-02"],
  ])("is overdue half an hour before the pre-market of the next session: %s", (_, sunday, session) => {
    const weekend = weekendAt(epochMsOf(sunday, "12:00"), isTradingDay);
    expect(weekend.overdueMs).toBe(epochMsOf(session, "03:30"));
    expect(weekend.tokensEndMs).toBe(epochMsOf(sunday, "01:00"));
  });
});

describe("the end of the week's login", () => {
  it("is said ahead once, on Friday evening", () => {
    const run = at(FRIDAY, "16:41").ready().live(1000);
    expect(run.alerts).toEqual([]);
    jump(run, FRIDAY, "17:00").live(60_000);
    jump(run, SATURDAY, "12:00").live(60_000);
    expect(run.alerts).toEqual(["GATEWAY_LOGIN_ENDS"]);
  });

  it("is not said again by a bridge that starts again, which is told what was said", () => {
    const before = jump(at(FRIDAY, "16:41").ready(), FRIDAY, "17:00");
    const kept = before.effects.flatMap((effect) => (effect.type === "remember" ? effect.weekly : []));
    expect(kept.at(-1)).toEqual({ sunday: SUNDAY, told: "ahead", loggedIn: false });
    const after = at(FRIDAY, "18:00", {}, kept.at(-1) ?? null)
      .ready()
      .live(5000);
    expect(after.alerts).toEqual([]);
  });

  it("is said again a week later", () => {
    const run = jump(at(FRIDAY, "16:41").ready(), FRIDAY, "17:01");
    jump(run, "2026-03-20", "17:01");
    expect(run.alerts.filter((code) => code === "GATEWAY_LOGIN_ENDS")).toHaveLength(2);
  });

  it("is said to need no second factor where the account is a paper one", () => {
    const run = jump(at(FRIDAY, "16:41").ready(), FRIDAY, "17:01");
    const [effect] = run.effects.filter(({ type }) => type === "alert");
    expect(effect?.type === "alert" && effect.alert.text).toContain("no second factor");
  });
});

describe("a gateway that waits for its weekly login", () => {
  /** Sunday's daily restart, from which it comes back with a login window. */
  const waiting = () => {
    const run = at(SUNDAY, "16:29:55").ready().live(6000).say({ type: "closed", error: null });
    refused(run, 10);
    return refused(jump(run, SUNDAY, "16:40"), 4);
  };

  it("is a state with a name and one message, instead of alarms, however long it takes", () => {
    const run = refused(waiting(), 50);
    expect(statusOf(run.session)).toMatchObject({ state: "awaiting-login", acceptsOrders: false });
    expect(statusOf(run.session).reason).toContain("log in");
    expect(run.alerts).toEqual(["GATEWAY_AWAITING_LOGIN"]);
  });

  it("is told once to be back", () => {
    const run = waiting().untilTrying().handshake().say({ type: "synced" });
    expect(run.state).toBe("ready");
    expect(run.alerts).toEqual(["GATEWAY_AWAITING_LOGIN", "GATEWAY_LOGGED_IN"]);
  });

  it("is critical once, half an hour before the next session's pre-market", () => {
    const run = waiting();
    refused(jump(run, MONDAY, "03:29"), 2);
    expect(run.alerts).toEqual(["GATEWAY_AWAITING_LOGIN"]);
    refused(jump(run, MONDAY, "03:30"), 5);
    refused(jump(run, MONDAY, "09:31"), 5);
    expect(run.alerts).toEqual(["GATEWAY_AWAITING_LOGIN", "GATEWAY_LOGIN_OVERDUE"]);
    expect(run.state).toBe("awaiting-login");
    run.untilTrying().handshake().say({ type: "synced" });
    expect(run.alerts.at(-1)).toBe("GATEWAY_LOGGED_IN");
  });

  it("is known by a bridge that starts again, which repeats nothing and is loud in time", () => {
    const { weekly } = waiting().session;
    expect(weekly).toEqual({ sunday: SUNDAY, told: "waiting", loggedIn: false });
    const run = refused(at(SUNDAY, "20:00", {}, weekly), 5);
    expect(run.state).toBe("awaiting-login");
    expect(run.alerts).toEqual([]);
    jump(run, MONDAY, "03:30");
    expect(run.alerts).toEqual(["GATEWAY_LOGIN_OVERDUE"]);
    const later = refused(at(MONDAY, "11:00", {}, run.session.weekly), 5);
    expect(later.state).toBe("awaiting-login");
    expect(later.alerts).toEqual([]);
  });

  it("is critical at once when the bridge starts as late as Monday's daily start", () => {
    const run = refused(at(MONDAY, "06:00"), 5);
    expect(run.alerts).toEqual(["GATEWAY_LOGIN_OVERDUE"]);
  });

  it("is seen on the machine's clock too, when the gateway was never there to tell the time", () => {
    const run = new SessionRun(null);
    run.wallMs = epochMsOf(SUNDAY, "12:00");
    expect(refused(run, 4).state).toBe("awaiting-login");
  });

  it("is not made of the machine's Sunday where the gateway is a simulated one, on any day", () => {
    const run = new SessionRun(null, { simulated: true });
    run.wallMs = epochMsOf(SUNDAY, "12:00");
    expect(refused(run, 4).alerts).toEqual(["GATEWAY_UNREACHABLE"]);
  });

  it("is not confused with a gateway that is there and wedged, or holds the client id", () => {
    const run = at(SUNDAY, "12:00").ready().say({ type: "closed", error: null });
    for (let attempt = 0; attempt < 4; attempt += 1) {
      run.untilTrying().say({ type: "tcp-open" }).say({ type: "version", serverVersion: 193 });
      run.say({ type: "notice", code: 326, text: "in use" }).say({ type: "closed", error: null });
    }
    expect(run.alerts).toEqual(["GATEWAY_CONNECTION_LOST", "GATEWAY_CLIENT_ID_IN_USE"]);
  });

  it("is an ordinary outage once the login of the week was seen", () => {
    const run = waiting().untilTrying().handshake().say({ type: "synced" }).live(120_000);
    run.effects = [];
    refused(run.say({ type: "closed", error: "ECONNRESET" }), 4);
    expect(run.alerts).toEqual(["GATEWAY_CONNECTION_LOST", "GATEWAY_UNREACHABLE"]);
  });

  it.each(["a connection that broke", "one that the operator opened anew"])(
    "is not taken for done because of %s on Sunday: the gateway was not away",
    (what) => {
      const run = at(SUNDAY, "12:00").ready().live(5000);
      if (what === "a connection that broke") run.say({ type: "closed", error: "ECONNRESET" }).untilTrying();
      else run.post({ type: "operator-reconnect", reason: "data looks old" });
      run.handshake().say({ type: "synced" }).live(5000);
      refused(run.say({ type: "closed", error: null }), 4);
      expect(run.state).toBe("awaiting-login");
    },
  );

  it("is an ordinary outage on Saturday, before the tokens end", () => {
    const run = refused(at(SATURDAY, "12:00").ready().say({ type: "closed", error: null }), 4);
    expect(run.alerts.slice(-2)).toEqual(["GATEWAY_CONNECTION_LOST", "GATEWAY_UNREACHABLE"]);
    refused(jump(run, SUNDAY, "01:00"), 4);
    expect(run.alerts.at(-1)).toBe("GATEWAY_AWAITING_LOGIN");
  });

  it("does not hide a weekday's daily restart that is overdue", () => {
    const run = new SessionRun("16:29:55").ready().live(6000).say({ type: "closed", error: null });
    refused(run, 3);
    jump(run, "2026-03-10", "16:40");
    expect(run.alerts).toEqual(["GATEWAY_RESTART_OVERDUE"]);
  });
});
