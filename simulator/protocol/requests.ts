import { FieldError, FieldReader } from "./fields.ts";
import { type RequestName, requestIds, requestName } from "./messages.ts";
import { accountReaders } from "./reading/account.ts";
import { contractReaders } from "./reading/contracts.ts";
import { historyReaders } from "./reading/history.ts";
import { marketDataReaders } from "./reading/market-data.ts";
import { newsAndScannerReaders } from "./reading/news-and-scanners.ts";
import { orderReaders } from "./reading/orders.ts";
import { sessionReaders } from "./reading/session.ts";
import { misplacedText, surplusText } from "./strict.ts";

/** How each message of the protocol is read, by name. The request types follow from what these functions return. */
const readers = {
  ...sessionReaders,
  ...marketDataReaders,
  ...historyReaders,
  ...contractReaders,
  ...orderReaders,
  ...accountReaders,
  ...newsAndScannerReaders,
} as const satisfies Record<RequestName, (reader: FieldReader, serverVersion: number) => object>;

type Readers = typeof readers;

/** A request of one name, as it was read. */
export type RequestOf<Name extends RequestName> = { readonly name: Name } & ReturnType<Readers[Name]>;

/** A request that could be read. */
export type Request = { [Name in RequestName]: RequestOf<Name> }[RequestName];

/** What one frame of a client is. */
export type Parsed =
  | { readonly kind: "request"; readonly request: Request }
  | { readonly kind: "malformed"; readonly name: RequestName; readonly reqId: number; readonly reason: string }
  | { readonly kind: "unknown"; readonly id: string };

/** @param manner a strict reader also refuses fields beyond the end of a message, and a text in the wrong place. */
export function parseRequest(
  fields: readonly string[],
  serverVersion: number,
  manner: "lenient" | "strict" = "lenient",
): Parsed {
  const idText = fields[0] ?? "";
  const name = /^\d+$/.test(idText) ? requestName(Number(idText)) : undefined;
  if (name === undefined) return { kind: "unknown", id: idText };
  const read: (reader: FieldReader, serverVersion: number) => object = readers[name];
  const malformed = (reason: string): Parsed => ({ kind: "malformed", name, reqId: guessReqId(name, fields), reason });
  const misplaced = manner === "strict" ? misplacedText(name, fields) : undefined;
  if (misplaced !== undefined) return malformed(misplaced);
  const reader = new FieldReader(fields, 1);
  try {
    const body = read(reader, serverVersion);
    const surplus = manner === "strict" ? surplusText(reader.remaining) : undefined;
    return surplus !== undefined ? malformed(surplus) : { kind: "request", request: { name, ...body } as Request };
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    return malformed(error.message);
  }
}

/** Messages without a version field start with their request id (tws.md 5.2); in the others it comes second. */
const withoutVersion: ReadonlySet<number> = new Set<number>([
  requestIds.PLACE_ORDER,
  requestIds.REQ_HISTORICAL_DATA,
  requestIds.REQ_SEC_DEF_OPT_PARAMS,
  requestIds.REQ_SOFT_DOLLAR_TIERS,
  requestIds.REQ_SCANNER_SUBSCRIPTION,
  ...range(requestIds.REQ_MATCHING_SYMBOLS, requestIds.REQ_USER_INFO),
]);

/** Messages that carry no request id at all: their errors have id -1. */
const withoutReqId: ReadonlySet<RequestName> = new Set<RequestName>([
  "REQ_FA",
  "REPLACE_FA",
  "REQ_SCANNER_PARAMETERS",
  "REQ_FAMILY_CODES",
  "REQ_MKT_DEPTH_EXCHANGES",
  "REQ_NEWS_PROVIDERS",
  "REQ_MARKET_RULE",
  "REQ_COMPLETED_ORDERS",
  "START_API",
  "REQ_ACCOUNT_DATA",
  "REQ_AUTO_OPEN_ORDERS",
  "REQ_MARKET_DATA_TYPE",
  "REQ_NEWS_BULLETINS",
  "SET_SERVER_LOGLEVEL",
]);

function guessReqId(name: RequestName, fields: readonly string[]): number {
  if (withoutReqId.has(name)) return -1;
  const given = fields[withoutVersion.has(requestIds[name]) ? 1 : 2] ?? "";
  return /^\d+$/.test(given) ? Number(given) : -1;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
