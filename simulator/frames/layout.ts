import { conditionFieldCounts } from "../protocol/place-order.ts";
import { hasFeature, type LayoutFeature } from "../protocol/versions.ts";

/** A field with its name. */
export type NamedField = readonly [name: string, value: string];

/** Gives the fields of a message their names, by a layout in the language of layouts.ts. Rows are numbered from 1. */
export function named(layout: string, fields: readonly string[], serverVersion: number): NamedField[] {
  const reading: Reading = { fields, next: 0, serverVersion, given: [] };
  readItems(itemsOf(layout), reading, "");
  // What a layout does not know is still shown, numbered from the message id.
  const rest = fields.slice(reading.next).map((value, index): NamedField => [`[${reading.next + index + 1}]`, value]);
  return [...reading.given, ...rest];
}

interface Reading {
  readonly fields: readonly string[];
  readonly serverVersion: number;
  readonly given: NamedField[];
  next: number;
}

interface Item {
  readonly name: string;
  readonly feature: LayoutFeature | undefined;
  /** Of a count: what each row consists of. */
  readonly row: readonly Item[] | undefined;
}

function readItems(items: readonly Item[], reading: Reading, suffix: string): void {
  let isRead = true;
  for (const { name, feature, row } of items) {
    if (feature !== undefined && !hasFeature(reading.serverVersion, feature)) continue;
    const variable = /^(\w+)=(\w+)\|$/.exec(name);
    if (variable !== null) isRead = reading.given.some(([key, value]) => key === variable[1] && value === variable[2]);
    if (!isRead || variable !== null) continue;
    if (name === "conditions{}") {
      readConditions(reading);
      continue;
    }
    const value = take(reading, `${name}${suffix}`);
    if (row === undefined) continue;
    for (let index = 1; index <= Number(value) && reading.next < reading.fields.length; index += 1) {
      readItems(row, reading, suffix === "" ? String(index) : `${suffix}.${index}`);
    }
  }
}

function take(reading: Reading, name: string): string | undefined {
  const value = reading.fields[reading.next];
  if (value === undefined) return undefined;
  reading.next += 1;
  reading.given.push([name, value]);
  return value;
}

/** How many fields a condition has follows from its type; behind the last one two more are about all of them. */
function readConditions(reading: Reading): void {
  const count = Number(take(reading, "conditions"));
  for (let index = 1; index <= count; index += 1) {
    const type = Number(take(reading, `conditionType${index}`));
    take(reading, `conjunction${index}`);
    const extra = conditionFieldCounts[type] ?? 0;
    for (let field = 1; field <= extra; field += 1) take(reading, `condition${index}.${field}`);
  }
  if (count === 0) return;
  take(reading, "conditionsIgnoreRth");
  take(reading, "conditionsCancelOrder");
}

function itemsOf(layout: string): readonly Item[] {
  const tokens = layout.match(/\(|\)|[^\s()]+/g) ?? [];
  let next = 0;
  const sequence = (): Item[] => {
    const items: Item[] = [];
    while (next < tokens.length && tokens[next] !== ")") {
      const token = tokens[next++] ?? "";
      const [, feature, name = token] = /^(\w+)\?(.*)$/.exec(token) ?? [];
      let row: Item[] | undefined;
      if (tokens[next] === "(") {
        next += 1;
        row = sequence();
        next += 1;
      }
      items.push({ name, feature: feature as LayoutFeature | undefined, row });
    }
    return items;
  };
  return sequence();
}
