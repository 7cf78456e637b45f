import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Alert } from "#libs/contracts/mod.ts";
import { refusalOf } from "../../../cli/demo/discord/validate.ts";
import { chooseDraft } from "../queue/choose.ts";
import { entryOf } from "../queue/entries.fixture.ts";
import { cut } from "./limits.ts";
import { plainText } from "./plain-text.ts";
import { render } from "./render.ts";

const SENT_AT = Date.UTC(2026, 10, 23, 14, 31, 10);

describe("a message", () => {
  it("shows severity, source, mode and market time in New York and as Discord's timestamp", () => {
    const entry = entryOf(1, "critical", { title: "Loss limit reached", fields: [{ name: "loss", value: "600 USD" }] });
    const message = render({ form: "alone", entries: [entry] }, SENT_AT);
    expect(message).toEqual({
      content: "🔴 CRITICAL (dry-run): Loss limit reached",
      embeds: [
        {
          title: "🔴 Loss limit reached",
          description: "what happened",
          color: 0xd93025,
          fields: [
            { name: "loss", value: "600 USD", inline: true },
            { name: "Market time", value: "2026-11-23 09:31:05 New York (<t:1795444265:f>)", inline: false },
          ],
          footer: { text: "risk · dry-run · TEST_ALERT" },
        },
      ],
      allowed_mentions: { parse: [] },
    });
  });

  it("makes no sound for information, and mentions nobody ever", () => {
    const entry = entryOf(1, "info", { text: "@everyone <@123>" });
    const message = render({ form: "alone", entries: [entry] }, SENT_AT);
    expect(message.flags).toBe(4096);
    expect(message.allowed_mentions).toEqual({ parse: [] });
    expect(message.embeds?.[0]?.description).toBe("@everyone \\<@123\\>");
  });

  it("says when it is late", () => {
    const entry = entryOf(1, "warning");
    const fields = render({ form: "alone", entries: [entry] }, SENT_AT + 600_000).embeds?.[0]?.fields;
    expect(fields?.at(-1)).toEqual({ name: "Late", value: "raised <t:1795444266:f>", inline: false });
  });

  it("says when no market time is known", () => {
    const entry = { ...entryOf(1, "info"), marketTime: null };
    const embed = render({ form: "alone", entries: [entry] }, SENT_AT).embeds?.[0];
    expect(embed?.fields.at(-1)?.value).toBe("not known: no gateway clock yet");
  });

  it("marks what it had to leave out, with the id under which the ledger has it", () => {
    const fields = Array.from({ length: 20 }, (_, index) => ({ name: `name ${index}`, value: "v".repeat(500) }));
    const entry = entryOf(1, "critical", { text: "t".repeat(2000), fields });
    const embed = render({ form: "alone", entries: [entry] }, SENT_AT).embeds?.[0];
    expect(embed?.fields.find(({ name }) => name === "Cut")?.value).toMatch(
      /^\d+ more fields are in the ledger, alert alert-1$/,
    );
  });

  const alerts: fc.Arbitrary<Alert> = fc.record({
    severity: fc.constantFrom("info", "warning", "critical"),
    code: fc.constantFrom("A", "A".repeat(300)),
    title: fc
      .oneof(fc.string({ minLength: 1, maxLength: 200, unit: "grapheme" }), fc.constant("*".repeat(200)))
      .map((title) => title.slice(0, 200)),
    text: fc.oneof(
      fc.string({ maxLength: 2000, unit: "grapheme" }).map((text) => text.slice(0, 2000)),
      fc.constant("_".repeat(2000)),
      fc.constant("\n".repeat(30)),
    ),
    fields: fc.array(
      fc.record({
        name: fc.oneof(fc.string({ minLength: 1, maxLength: 100 }), fc.constant("|".repeat(100))),
        value: fc.oneof(fc.string({ maxLength: 500 }), fc.constant("`".repeat(500))),
      }),
      { maxLength: 20 },
    ),
  });

  it("is one that Discord takes, whatever the alerts hold and however many wait", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(alerts, fc.boolean()), { minLength: 1, maxLength: 60 }), (all) => {
        const entries = all.map(([alert, plain], index) => ({ ...entryOf(index + 1, alert.severity, alert), plain }));
        for (let left = entries; left.length > 0; ) {
          const draft = chooseDraft(left);
          if (draft === undefined) throw new Error("nothing was chosen");
          const message = render(draft, SENT_AT + 3_600_000);
          expect(refusalOf(JSON.parse(JSON.stringify(message)))).toBeNull();
          const gone = new Set(draft.entries.map(({ sequence }) => sequence));
          expect(gone.size).toBeGreaterThan(0);
          left = left.filter(({ sequence }) => !gone.has(sequence));
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("text", () => {
  it("is cut with a mark, never in half a character or half an escape", () => {
    expect(cut("short", 10)).toBe("short");
    expect(cut("abcdefghij", 8, "…")).toBe("abcdefg…");
    expect(cut("abc😀defgh", 5, "…")).toBe("abc…");
    expect(cut("abc\\*defgh", 5, "…")).toBe("abc…");
  });

  it("is shown as it is, not as Markdown", () => {
    expect(plainText("limit*2 `x` __y__ ~~z~~ ||s||")).toBe(
      "limit\\*2 \\`x\\` \\_\\_y\\_\\_ \\~\\~z\\~\\~ \\|\\|s\\|\\|",
    );
    expect(plainText("# not a heading\n- not a list\n1. no")).toBe("\\# not a heading\n\\- not a list\n\\1. no");
  });
});
