import { CATALOGUE } from "../catalogue.ts";
import { IDENTITIES } from "../identity.ts";
import { permissionsOf } from "../permissions.ts";
import { CONSUMERS, STREAMS } from "../streams.ts";

/** The page that lists every subject, stream, consumer and permission, made from the contracts. */
export function subjectsDocument(): string {
  return `${[
    "# Subjects, streams and permissions",
    "",
    "Generated from `libs/contracts` by `npm run generate`. Do not edit.",
    "",
    "## Messages",
    "",
    ...table(
      ["subject", "kind", "stream", "publisher", "core subscriber", "what"],
      CATALOGUE.map((message) => [
        `\`${message.pattern}\``,
        message.kind,
        message.stream ?? "",
        message.publishers.join(", "),
        message.subscribers.join(", "),
        message.description,
      ]),
    ),
    "",
    "A service reads the ledger through its durable consumer, not by a core subscription. A subject token is encoded:",
    "every character outside `A-Z a-z 0-9 - _` becomes `=` and two hex digits (`BRK B` is `BRK=20B`).",
    "",
    "## Streams",
    "",
    ...table(
      ["stream", "storage", "keeps", "bytes at most", "days", "what"],
      STREAMS.map((stream) => [
        `\`${stream.name}\``,
        stream.storage,
        stream.retention,
        String(stream.maxBytes),
        stream.maxAgeDays === 0 ? "for ever" : String(stream.maxAgeDays),
        stream.description,
      ]),
    ),
    "",
    "## Durable consumers",
    "",
    ...table(
      ["stream", "consumer", "subjects", "unacknowledged at most"],
      CONSUMERS.map((consumer) => [
        consumer.stream,
        consumer.durable,
        consumer.filterSubjects.map((subject) => `\`${subject}\``).join(" "),
        String(consumer.maxAckPending),
      ]),
    ),
    "",
    "## Permissions",
    "",
    ...IDENTITIES.flatMap((identity) => {
      const { publish, subscribe, allowResponses } = permissionsOf(identity);
      return [
        `### ${identity}`,
        "",
        `May publish${allowResponses ? ", besides one reply to each request it receives" : ""}:`,
        "",
        ...publish.map((subject) => `- \`${subject}\``),
        "",
        "May subscribe:",
        "",
        ...subscribe.map((subject) => `- \`${subject}\``),
        "",
      ];
    }),
  ]
    .join("\n")
    .trimEnd()}\n`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}
