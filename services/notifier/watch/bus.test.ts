import { describe, expect, it } from "vitest";
import { BUS_IS_THERE, type BusNews, watchBus } from "./bus.ts";

function follow(ups: readonly boolean[]): BusNews[] {
  const news: BusNews[] = [];
  let state = BUS_IS_THERE;
  for (const [second, up] of ups.entries()) {
    const step = watchBus(state, up, second * 1000);
    state = step.watch;
    if (step.news) news.push(step.news);
  }
  return news;
}

const seconds = (up: boolean, count: number): boolean[] => Array<boolean>(count).fill(up);

describe("the watch over the bus", () => {
  it("tells once when it is away for 8 s, and once when it is back", () => {
    const news = follow([...seconds(true, 3), ...seconds(false, 20), ...seconds(true, 3), ...seconds(false, 9)]);
    expect(news.map(({ kind, alert }) => `${kind} ${alert.severity} ${alert.title}`)).toEqual([
      "away critical The bus is away: no orders, and no other alert can be raised",
      "back info The bus is back after 20 s",
      "away critical The bus is away: no orders, and no other alert can be raised",
    ]);
  });

  it("tells of a shorter absence once it is over: a server that dies and is restarted is no secret", () => {
    const news = follow([...seconds(true, 3), ...seconds(false, 2), ...seconds(true, 3), ...seconds(false, 7)]);
    expect(news.map(({ kind, alert }) => `${kind} ${alert.severity} ${alert.title}`)).toEqual([
      "back warning The bus is back after 2 s",
    ]);
  });
});
