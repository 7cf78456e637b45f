// The documented limits of a webhook message. Lengths are counted in UTF-16 units here, which is never less than the
// characters that Discord counts.
export const CONTENT_MAX = 2000;
export const EMBEDS_MAX = 10;
export const TITLE_MAX = 256;
export const DESCRIPTION_MAX = 4096;
export const FIELDS_MAX = 25;
export const FIELD_NAME_MAX = 256;
export const FIELD_VALUE_MAX = 1024;
/** Over all embeds of a message. */
export const EMBED_TEXT_TOTAL_MAX = 6000;

const CUT_MARK = " … (cut)";

/** The text, or as much of it as fits with a mark that it was cut. Never half a character or half an escape. */
export function cut(text: string, max: number, mark: string = CUT_MARK): string {
  if (text.length <= max) return text;
  let end = Math.max(0, max - mark.length);
  const last = text.charCodeAt(end - 1);
  if (last >= 0xd800 && last <= 0xdbff) end -= 1;
  const backslashes = /\\*$/.exec(text.slice(0, end))?.[0].length ?? 0;
  if (backslashes % 2 === 1) end -= 1;
  return text.slice(0, end) + mark;
}
