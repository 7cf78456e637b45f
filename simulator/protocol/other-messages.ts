import { rounded } from "./fields.ts";
import type { Field } from "./frame.ts";
import { responseIds as id } from "./messages.ts";
import { contractFields, type WireInstrument } from "./responses.ts";

/** Builders of the smaller messages about the account and the session, fields in wire order (tws.md 5.3). */

export function positionMulti(
  reqId: number,
  account: string,
  modelCode: string,
  instrument: WireInstrument,
  held: { readonly quantity: number; readonly averageCost: number },
): Field[] {
  return [
    id.POSITION_MULTI,
    1,
    reqId,
    account,
    ...contractFields(instrument, ""),
    rounded(held.quantity),
    rounded(held.averageCost),
    modelCode,
  ];
}

export function positionMultiEnd(reqId: number): Field[] {
  return [id.POSITION_MULTI_END, 1, reqId];
}

export function accountUpdateMulti(
  reqId: number,
  account: string,
  modelCode: string,
  value: { readonly tag: string; readonly value: string; readonly currency: string },
): Field[] {
  return [id.ACCOUNT_UPDATE_MULTI, 1, reqId, account, modelCode, value.tag, value.value, value.currency];
}

export function accountUpdateMultiEnd(reqId: number): Field[] {
  return [id.ACCOUNT_UPDATE_MULTI_END, 1, reqId];
}

/** Tiers of commissions paid to third parties: the simulated account has none. */
export function softDollarTiers(reqId: number): Field[] {
  return [id.SOFT_DOLLAR_TIERS, reqId, 0];
}

/** An account that belongs to no family has one entry with an empty code. */
export function familyCodes(account: string): Field[] {
  return [id.FAMILY_CODES, 1, account, ""];
}

/** The white branding of the broker the account is with; IBKR itself has none. */
export function userInfo(reqId: number): Field[] {
  return [id.USER_INFO, reqId, ""];
}

/** Groups of windows that follow one contract. A gateway has no windows, so the list is empty. */
export function displayGroupList(reqId: number): Field[] {
  return [id.DISPLAY_GROUP_LIST, 1, reqId, ""];
}

export function displayGroupUpdated(reqId: number, contractInfo: string): Field[] {
  return [id.DISPLAY_GROUP_UPDATED, 1, reqId, contractInfo];
}
