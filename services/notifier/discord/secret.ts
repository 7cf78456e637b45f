const SECRET_LENGTH_MIN = 16;

/**
 * Makes a function that takes the webhook's address, its path and its token out of a text. Whoever holds them can
 * write to the operator's channel, and network errors and their causes carry them.
 */
export function scrubber(webhookUrl: string): (text: string) => string {
  if (webhookUrl === "") return (text) => text;
  const url = new URL(webhookUrl);
  const parts = url.pathname.split("/").filter((part) => part.length >= SECRET_LENGTH_MIN && /\D/.test(part));
  const secrets = [webhookUrl, url.href, ...(url.pathname.length >= SECRET_LENGTH_MIN ? [url.pathname] : []), ...parts];
  return (text) => secrets.reduce((clean, secret) => clean.replaceAll(secret, "(webhook)"), text);
}
