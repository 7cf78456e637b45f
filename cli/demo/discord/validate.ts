// The documented limits of a webhook message, checked as Discord does: 400 with code 50035 and a tree of what is wrong.

interface Problem {
  readonly path: readonly string[];
  readonly code: string;
  readonly message: string;
}

export interface Refusal {
  readonly code: number;
  readonly message: string;
  readonly errors?: object;
}

const EMBED_TEXT_TOTAL_MAX = 6000;

/** Null when Discord would take the message. */
export function refusalOf(body: unknown): Refusal | null {
  if (!isObject(body)) return { code: 50109, message: "The request body contains invalid JSON." };
  const embeds = Array.isArray(body.embeds) ? body.embeds : [];
  if ((body.content === undefined || body.content === "") && embeds.length === 0) {
    return { code: 50006, message: "Cannot send an empty message" };
  }
  const problems = [
    ...text(body, "content", 2000, []),
    ...text(body, "username", 80, []),
    ...(embeds.length > 10 ? [tooLong(["embeds"], "Must be 10 or fewer in length.")] : []),
    ...embeds.flatMap((embed: unknown, index) => embedProblems(embed, ["embeds", String(index)])),
    ...mentionProblems(body.allowed_mentions),
  ];
  const total = embeds.reduce((sum: number, embed: unknown) => sum + embedLength(embed), 0);
  if (total > EMBED_TEXT_TOTAL_MAX) {
    problems.push({
      path: ["embeds"],
      code: "MAX_EMBED_SIZE_EXCEEDED",
      message: `Embed size exceeds maximum size of ${EMBED_TEXT_TOTAL_MAX}`,
    });
  }
  return problems.length === 0 ? null : { code: 50035, message: "Invalid Form Body", errors: tree(problems) };
}

function embedProblems(embed: unknown, path: readonly string[]): Problem[] {
  if (!isObject(embed)) return [{ path, code: "MODEL_TYPE_CONVERT", message: "Only dictionaries may be used." }];
  const fields = Array.isArray(embed.fields) ? embed.fields : [];
  const footer = isObject(embed.footer) ? embed.footer : {};
  const color = embed.color;
  return [
    ...text(embed, "title", 256, path),
    ...text(embed, "description", 4096, path),
    ...text(footer, "text", 2048, [...path, "footer"]),
    ...(color !== undefined && !(typeof color === "number" && color >= 0 && color <= 0xffffff)
      ? [{ path: [...path, "color"], code: "NUMBER_TYPE_MAX", message: "Value must be between 0 and 16777215." }]
      : []),
    ...(fields.length > 25 ? [tooLong([...path, "fields"], "Must be 25 or fewer in length.")] : []),
    ...fields.flatMap((field: unknown, index) => {
      const at = [...path, "fields", String(index)];
      const record = isObject(field) ? field : {};
      return [
        ...required(record, "name", at),
        ...required(record, "value", at),
        ...text(record, "name", 256, at),
        ...text(record, "value", 1024, at),
      ];
    }),
  ];
}

function embedLength(embed: unknown): number {
  if (!isObject(embed)) return 0;
  const fields = Array.isArray(embed.fields) ? embed.fields : [];
  const footer = isObject(embed.footer) ? embed.footer.text : "";
  const author = isObject(embed.author) ? embed.author.name : "";
  return [
    embed.title,
    embed.description,
    footer,
    author,
    ...fields.flatMap((field: unknown) => (isObject(field) ? [field.name, field.value] : [])),
  ].reduce((sum: number, part) => sum + lengthOf(part), 0);
}

function mentionProblems(mentions: unknown): Problem[] {
  if (mentions === undefined) return [];
  if (isObject(mentions) && Array.isArray(mentions.parse)) return [];
  return [{ path: ["allowed_mentions"], code: "MODEL_TYPE_CONVERT", message: "parse must be a list." }];
}

function text(record: Record<string, unknown>, key: string, max: number, path: readonly string[]): Problem[] {
  const value = record[key];
  if (value === undefined || value === null) return [];
  if (typeof value !== "string") {
    return [{ path: [...path, key], code: "STRING_TYPE_CONVERT", message: "Could not interpret as string." }];
  }
  return lengthOf(value) > max ? [tooLong([...path, key], `Must be ${max} or fewer in length.`)] : [];
}

function required(record: Record<string, unknown>, key: string, path: readonly string[]): Problem[] {
  const value = record[key];
  if (typeof value === "string" && value.trim() !== "") return [];
  return [{ path: [...path, key], code: "BASE_TYPE_REQUIRED", message: "This field is required" }];
}

const tooLong = (path: readonly string[], message: string): Problem => ({
  path,
  code: "BASE_TYPE_MAX_LENGTH",
  message,
});

/** Discord counts characters, not UTF-16 units. */
const lengthOf = (value: unknown): number => (typeof value === "string" ? [...value].length : 0);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** `{embeds: {0: {description: {_errors: [...]}}}}`. */
function tree(problems: readonly Problem[]): object {
  const root: Record<string, unknown> = {};
  for (const { path, code, message } of problems) {
    let node = root;
    for (const key of path) {
      const next = isObject(node[key]) ? node[key] : {};
      node[key] = next;
      node = next;
    }
    const known = Array.isArray(node._errors) ? node._errors : [];
    node._errors = [...known, { code, message }];
  }
  return root;
}
