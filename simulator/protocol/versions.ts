/** Text protocol only: the layouts are known from 177 (official Python client) to 193 (stoqey, Java 10.32). */
export const oldestLayoutVersion = 177;
export const newestLayoutVersion = 193;

/** Server versions at which a layout changes (tws.md 5.1). `until` is the first version that lacks it again. */
const switches = {
  pendingPriceRevision: { since: 178 },
  fundFields: { since: 179 },
  // Not in tws.md 5.1: from the clients' encoders.
  manualExerciseTime: { since: 180 },
  lastTradeDate: { since: 182 },
  customerAccount: { since: 183 },
  professionalCustomer: { since: 184 },
  bondAccruedInterest: { since: 185 },
  ineligibilityReasons: { since: 186 },
  rfqFields: { since: 187, until: 190 },
  // Not in tws.md 5.1: from the clients' decoders.
  bondTradingHours: { since: 188 },
  includeOvernight: { since: 189 },
  cmeTagging: { since: 192 },
  cmeTaggingInOpenOrder: { since: 193 },
} as const satisfies Record<string, { since: number; until?: number }>;

export type LayoutFeature = keyof typeof switches;

/** Whether messages at this server version carry the fields of a feature. */
export function hasFeature(serverVersion: number, feature: LayoutFeature): boolean {
  const { since, until }: { since: number; until?: number } = switches[feature];
  return serverVersion >= since && (until === undefined || serverVersion < until);
}
