/**
 * Text as it is, whatever Discord's Markdown would make of it: a `*` in an error message, a `<@id>` in a symbol, the
 * underscores of a code.
 */
export function plainText(text: string): string {
  return text.replace(/[\\*_~`|<>[\]]/g, "\\$&").replace(/^(\s*)([#-]|\d+\.)(?=\s)/gm, "$1\\$2");
}
