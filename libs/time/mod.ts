/** Time: the machine's clocks, the market clock, New York, and the NYSE calendar. Pure but for `machine-clock.ts`. */
export { type Calendar, createCalendar, type MarketPhase, type Session } from "./calendar.ts";
export {
  BUILT_IN_OVERRIDES,
  type CalendarOverride,
  calendarOverrideSchema,
  calendarOverridesSchema,
} from "./calendar-overrides.ts";
export { TimeError, type TimeErrorCode } from "./errors.ts";
export {
  type GatewayTimeEstimate,
  type GatewayTimeObservation,
  type GatewayTimeState,
  observeGatewayTime,
} from "./gateway-time.ts";
export { monotonicNowMs, sleep, wallNowIso, wallNowMs } from "./machine-clock.ts";
export { type ClockAnchor, MarketClock, marketTimeAt } from "./market-clock.ts";
export { epochMsOf, formatNewYorkTime, NEW_YORK, toNewYork, tradingDayOf } from "./new-york.ts";
