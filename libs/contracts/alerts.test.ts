import { expect, it } from "vitest";
import { type Alert, alertSchema, boundedAlert } from "./alerts.ts";

const alert = (change: Partial<Alert> = {}): Alert => ({
  severity: "warning",
  code: "GATEWAY_GARBAGE",
  title: "title",
  text: "text",
  fields: [{ name: "limit", value: "5" }],
  ...change,
});

it("leaves an alert within its limits as it is", () => {
  const full = alert({ title: "t".repeat(200), text: "x".repeat(2000) });
  expect(boundedAlert(full)).toEqual(full);
});

it("cuts what is too long, so that no text that it quotes can have the alert refused", () => {
  const long = alert({
    title: "t".repeat(201),
    text: "x".repeat(20_000),
    fields: Array.from({ length: 30 }, () => ({ name: "n".repeat(500), value: "v".repeat(5000) })),
  });
  expect(alertSchema.safeParse(long).success).toBe(false);
  const bounded = boundedAlert(long);
  expect(alertSchema.safeParse(bounded).error).toBeUndefined();
  expect(bounded.text).toBe(`${"x".repeat(1999)}…`);
});

it("names an alert without a title by its code", () => {
  expect(boundedAlert(alert({ title: "" })).title).toBe("GATEWAY_GARBAGE");
});

it("cuts no character in half: what is sent on would be refused by who reads it", () => {
  const { text, title } = boundedAlert(
    alert({ title: `${"t".repeat(198)}\u{1f4c8}\u{1f4c8}`, text: "\u{1f4c8}".repeat(1500) }),
  );
  expect(title.isWellFormed()).toBe(true);
  expect(text.isWellFormed()).toBe(true);
  expect(text.endsWith("\u{1f4c8}…")).toBe(true);
});
