import type { Instrument } from "./instrument.ts";

/** What a market scan ranks stocks by. Prices in USD, volume in shares. */
export interface ScanFigures {
  readonly instrument: Instrument;
  readonly last: number;
  readonly previousClose: number | undefined;
  readonly open: number | undefined;
  readonly volume: number;
  readonly trades: number;
}

/** A rank, the higher the nearer to the top; undefined leaves the stock out. */
type Rank = (figures: ScanFigures) => number | undefined;

const change: Rank = ({ last, previousClose }) => (previousClose === undefined ? undefined : last / previousClose - 1);
const gap: Rank = ({ open, previousClose }) =>
  open === undefined || previousClose === undefined ? undefined : open / previousClose - 1;
const sinceOpen: Rank = ({ last, open }) => (open === undefined ? undefined : last / open - 1);

/** The scans offered, by the code a client asks with. */
export const scans: Readonly<Record<string, { readonly name: string; readonly rank: Rank }>> = {
  TOP_PERC_GAIN: { name: "Top % Gainers", rank: gainOnly(change) },
  TOP_PERC_LOSE: { name: "Top % Losers", rank: gainOnly(negated(change)) },
  TOP_OPEN_PERC_GAIN: { name: "Top % Gainers Since Open", rank: gainOnly(sinceOpen) },
  TOP_OPEN_PERC_LOSE: { name: "Top % Losers Since Open", rank: gainOnly(negated(sinceOpen)) },
  HIGH_OPEN_GAP: { name: "Top Close-to-Open % Gainers", rank: gainOnly(gap) },
  LOW_OPEN_GAP: { name: "Top Close-to-Open % Losers", rank: gainOnly(negated(gap)) },
  MOST_ACTIVE: { name: "Most Active", rank: ({ volume }) => volume },
  MOST_ACTIVE_USD: { name: "Most Active ($)", rank: ({ volume, last }) => volume * last },
  TOP_TRADE_COUNT: { name: "Top Trade Count", rank: ({ trades }) => trades },
  HOT_BY_VOLUME: {
    name: "Hot by Volume",
    rank: ({ volume, instrument }) => volume / Math.max(1, instrument.generated.dailyVolume),
  },
  HOT_BY_PRICE: { name: "Hot by Price", rank: (figures) => absolute(change(figures)) },
};

/** Places that can be scanned, with the exchanges they cover; none means every exchange. */
export const scanLocations: Readonly<Record<string, readonly string[]>> = {
  STK: [],
  "STK.US": [],
  "STK.US.MAJOR": [],
  "STK.NYSE": ["NYSE"],
  "STK.NASDAQ": ["NASDAQ"],
  "STK.ARCA": ["ARCA"],
};

export interface ScanFilter {
  readonly abovePrice: number | undefined;
  readonly belowPrice: number | undefined;
  readonly aboveVolume: number | undefined;
}

/** The stocks of a scan, the first one first. */
export function scanned(
  figures: readonly ScanFigures[],
  scanCode: string,
  location: string,
  filter: ScanFilter,
): Instrument[] {
  const rank = scans[scanCode]?.rank;
  const exchanges = scanLocations[location];
  if (rank === undefined || exchanges === undefined) return [];
  return figures
    .filter(({ instrument }) => exchanges.length === 0 || exchanges.includes(instrument.primaryExchange))
    .filter(({ last, volume }) => last >= (filter.abovePrice ?? 0) && volume >= (filter.aboveVolume ?? 0))
    .filter(({ last }) => filter.belowPrice === undefined || filter.belowPrice === 0 || last <= filter.belowPrice)
    .flatMap((each) => {
      const value = rank(each);
      return value === undefined ? [] : [{ instrument: each.instrument, value }];
    })
    .sort((one, other) => other.value - one.value)
    .map(({ instrument }) => instrument);
}

function negated(rank: Rank): Rank {
  return (figures) => {
    const value = rank(figures);
    return value === undefined ? undefined : -value;
  };
}

/** What has not moved that way is not among the gainers, or the losers. */
function gainOnly(rank: Rank): Rank {
  return (figures) => {
    const value = rank(figures);
    return value === undefined || value <= 0 ? undefined : value;
  };
}

function absolute(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.abs(value);
}
