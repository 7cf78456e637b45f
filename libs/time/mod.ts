/** Time: the machine's clocks, the market clock, New York, and the NYSE calendar. Pure but for `machine-clock.ts`. */
export { type Calendar, createCalendar, type MarketPhase, type Session } from "./calendar.ts";
export { type CalendarOverride, calendarOverridesSchema } from "./calendar-overrides.ts";
export { TimeError } from "./errors.ts";
export {
  type GatewayTimeEstimate,
  type GatewayTimeState,
  observeGatewayTime,
} from "./gateway-time.ts";
export { monotonicNowMs, sleep, wallNowIso, wallNowMs } from "./machine-clock.ts";
export { type ClockAnchor, MarketClock, marketTimeAt } from "./market-clock.ts";
export { epochMsOf, formatNewYorkTime, NEW_YORK, toNewYork, tradingDayOf } from "./new-york.ts";
