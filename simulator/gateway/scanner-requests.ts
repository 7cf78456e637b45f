import type { Refusal } from "../broker/refusal.ts";
import { type ScanFigures, type ScanFilter, scanLocations, scanned, scans } from "../market/scan.ts";
import { dayFigures } from "../market/tape.ts";
import type { RequestOf } from "../protocol/requests.ts";
import { scannerData, scannerParameters } from "../protocol/tick-messages.ts";
import type { GatewayContext } from "./context.ts";
import { duplicateTickerId, historicalError, processingError, refuse } from "./refuse.ts";
import type { Session } from "./session.ts";

/** Scans of one client at a time, and rows in one answer, as at the real gateway. */
const scannersMax = 10;
const rowsMax = 50;

/** Market seconds between two answers of a running scan. */
export const scanIntervalSeconds = 30;

export function sendScannerParameters(session: Session): void {
  const locations = Object.keys(scanLocations).map(
    (code) => `<Location><displayName>${code}</displayName><locationCode>${code}</locationCode></Location>`,
  );
  const types = Object.entries(scans).map(
    ([code, { name }]) =>
      `<ScanType><displayName>${name}</displayName><scanCode>${code}</scanCode><instruments>STK</instruments></ScanType>`,
  );
  const filters = ["priceAbove", "priceBelow", "volumeAbove"].map(
    (code) => `<AbstractField><code>${code}</code></AbstractField>`,
  );
  session.send(
    scannerParameters(
      '<?xml version="1.0" encoding="UTF-8"?><ScanParameterResponse>' +
        "<InstrumentList><Instrument><name>US Stocks</name><type>STK</type></Instrument></InstrumentList>" +
        `<LocationTree>${locations.join("")}</LocationTree>` +
        `<ScanTypeList>${types.join("")}</ScanTypeList>` +
        `<FilterList>${filters.join("")}</FilterList></ScanParameterResponse>`,
    ),
  );
}

export function requestScan(
  context: GatewayContext,
  session: Session,
  request: RequestOf<"REQ_SCANNER_SUBSCRIPTION">,
): void {
  const { reqId } = request;
  const refusal = refusalOfScan(session, request);
  if (refusal !== undefined) {
    refuse(session, reqId, refusal);
    return;
  }
  session.scanners.set(reqId, request);
  sendScan(context, session, request);
}

export function cancelScan(session: Session, reqId: number): void {
  if (session.scanners.delete(reqId)) {
    refuse(session, reqId, historicalError(`API scanner subscription cancelled: ${reqId}`));
  } else refuse(session, reqId, { code: 365, text: `No scanner subscription found for ticker id:${reqId}` });
}

/** The ranking as it is now; nothing that fits is said with 165. */
export function sendScan(
  context: GatewayContext,
  session: Session,
  request: RequestOf<"REQ_SCANNER_SUBSCRIPTION">,
): void {
  const { reqId, scanCode, locationCode, numberOfRows } = request;
  const rows = numberOfRows === undefined || numberOfRows < 0 ? rowsMax : Math.min(numberOfRows, rowsMax);
  const found = scanned(figuresOf(context), scanCode, locationCode, filterOf(request)).slice(0, rows);
  if (found.length === 0) {
    const text = "Historical Market Data Service query message:no items retrieved";
    refuse(session, reqId, { code: 165, text });
    return;
  }
  session.send(
    scannerData(
      reqId,
      found.map((instrument) => ({ instrument, exchange: "SMART" })),
    ),
  );
}

function refusalOfScan(session: Session, request: RequestOf<"REQ_SCANNER_SUBSCRIPTION">): Refusal | undefined {
  if (session.scanners.has(request.reqId)) return duplicateTickerId;
  if (session.scanners.size >= scannersMax) {
    return processingError(`Only ${scannersMax} simultaneous API scanner subscriptions are allowed`);
  }
  if (!Object.hasOwn(scans, request.scanCode)) {
    return historicalError(`Scanner type with code ${request.scanCode} is disabled`);
  }
  if (request.instrument !== "STK") return historicalError(`Invalid instrument type: ${request.instrument}`);
  if (!Object.hasOwn(scanLocations, request.locationCode)) {
    return historicalError(`Invalid location code: ${request.locationCode}`);
  }
  return undefined;
}

/** Filters come in fields of their own, or as "priceAbove=10;volumeAbove=1000;". */
function filterOf(request: RequestOf<"REQ_SCANNER_SUBSCRIPTION">): ScanFilter {
  const options = new Map(request.filterOptions.split(";").map((pair) => splitPair(pair)));
  const numberOf = (tag: string) => {
    const text = options.get(tag);
    const value = Number(text);
    return text === undefined || text === "" || !Number.isFinite(value) ? undefined : value;
  };
  return {
    abovePrice: request.abovePrice ?? numberOf("priceAbove"),
    belowPrice: request.belowPrice ?? numberOf("priceBelow"),
    aboveVolume: request.aboveVolume ?? numberOf("volumeAbove"),
  };
}

function splitPair(pair: string): [string, string] {
  const at = pair.indexOf("=");
  return at < 0 ? [pair, ""] : [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
}

function figuresOf(context: GatewayContext): ScanFigures[] {
  const epochS = context.clock.nowS();
  const { market } = context;
  return market.catalogue.withoutOptions().flatMap((instrument) => {
    if (instrument.secType !== "STK" || !instrument.isSubscribed) return [];
    const quote = market.quote(instrument.key, epochS);
    if (quote === undefined) return [];
    const tape = market.tapeAt(instrument.key, epochS);
    const day = tape === undefined ? undefined : dayFigures(tape, epochS);
    return [
      {
        instrument,
        last: quote.last,
        previousClose: tape?.previousClose,
        open: day?.open,
        volume: day?.volume ?? 0,
        trades: day?.trades ?? 0,
      },
    ];
  });
}
