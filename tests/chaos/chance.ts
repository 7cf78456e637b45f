import type { Random } from "../../simulator/market/random.ts";

/** Uniform among the whole numbers from `least` to `most`. */
export const whole = (random: Random, least: number, most: number): number =>
  least + Math.floor(random.uniform() * (most - least + 1));

export const oneOf = <Item>(random: Random, items: readonly [Item, ...Item[]]): Item =>
  items[whole(random, 0, items.length - 1)] ?? items[0];

export function shuffled<Item>(random: Random, items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, rank: random.uniform() }))
    .sort((left, right) => left.rank - right.rank)
    .map(({ item }) => item);
}
