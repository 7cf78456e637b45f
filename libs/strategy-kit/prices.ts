/** USD to the nearest cent, half up. The broker refuses more digits for a stock above one dollar. */
export function roundToCent(priceUsd: number): number {
  // 1.005 is 1.00499999... in binary: a millionth of a cent decides for the half it stands for.
  return Math.round(priceUsd * 100 + 1e-6) / 100;
}
