import { EventName } from "@stoqey/ib";
import { isPriceOrNone, isSize, isTime } from "./fields.ts";
import type { TellLeftOut } from "./left-out.ts";
import type { On } from "./on.ts";
import type { GatewayListener } from "./reports.ts";

/** The gateway's own word for a price or a size that there is none of: what was known of it before is not known now. */
const NONE = -1;

export function listenToMarketData(on: On, listener: GatewayListener, leftOut: TellLeftOut): void {
  on(EventName.tickPrice, (requestId: number, field: number, value: number) => {
    if (isPriceOrNone(value)) return listener.tick(requestId, field, value);
    leftOut("ticks of prices", `a price of ${value} (tick ${field} of request ${requestId})`);
    listener.tick(requestId, field, NONE);
  });
  on(EventName.tickSize, (requestId: number, field?: number, value?: number) => {
    if (field === undefined || value === undefined) return;
    if (isSize(value) || value === NONE) return listener.tick(requestId, field, value);
    leftOut("ticks of sizes", `a size of ${value} (tick ${field} of request ${requestId})`);
    listener.tick(requestId, field, NONE);
  });
  on(EventName.tickGeneric, (requestId: number, field: number, value: number) => {
    if (Number.isFinite(value)) return listener.tick(requestId, field, value);
    leftOut("generic ticks", `the value ${value} (tick ${field} of request ${requestId})`);
    listener.tick(requestId, field, NONE);
  });
  on(EventName.marketDataType, (requestId: number, type: number) => {
    if (type >= 1 && type <= 4) listener.marketDataType(requestId, type);
    else leftOut("types of market data", `the type ${type} of market data (request ${requestId})`);
  });
  on(
    EventName.realtimeBar,
    (requestId: number, second: number, open: number, high: number, low: number, close: number, volume?: number) => {
      // Nothing traded, and nothing was ever traded: prices of 0 or -1, and a volume of -1.
      const isSound = isTime(second) && [open, high, low, close].every(isPriceOrNone);
      if (isSound && (isSize(volume) || volume === NONE)) {
        listener.bar(requestId, { startsAt: second * 1000, open, high, low, close, volume: Math.max(0, volume) });
        return;
      }
      const words = `from ${second}, open ${open}, high ${high}, low ${low}, close ${close}, volume ${volume}`;
      leftOut("real-time bars", `a bar of 5 s ${words} (request ${requestId})`);
    },
  );
}
