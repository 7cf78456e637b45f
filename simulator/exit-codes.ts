/** How the program ends when it does not end with 0 on request. Documented in README.md; PM2's settings know them too. */
export const exitCodes = { failed: 1, badSetting: 2, portTaken: 3, badData: 4, differs: 5 } as const;

/** What no restart can heal: whoever keeps the program alive leaves it down. A port that is taken may come free. */
export const exitCodesForGood: readonly number[] = [exitCodes.badSetting, exitCodes.badData];
