/** What an order type of the API asks of the exchange. */
export interface OrderKind {
  /** What wakes it: a stop price, a stop that follows the market, a price to be touched from the better side. */
  readonly trigger: "none" | "stop" | "trail" | "touch";
  readonly hasLimit: boolean;
  /** Waits for the closing auction and trades nowhere else. */
  readonly isOnClose: boolean;
}

const kind = (trigger: OrderKind["trigger"], hasLimit: boolean, isOnClose = false): OrderKind => ({
  trigger,
  hasLimit,
  isOnClose,
});

const kinds: Readonly<Record<string, OrderKind>> = {
  MKT: kind("none", false),
  LMT: kind("none", true),
  STP: kind("stop", false),
  "STP LMT": kind("stop", true),
  TRAIL: kind("trail", false),
  "TRAIL LIMIT": kind("trail", true),
  MIT: kind("touch", false),
  LIT: kind("touch", true),
  MOC: kind("none", false, true),
  LOC: kind("none", true, true),
};

/** Undefined for a type that is not traded here: code 387. */
export function kindOf(orderType: string): OrderKind | undefined {
  return kinds[orderType];
}
