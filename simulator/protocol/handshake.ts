import { oldestLayoutVersion } from "./versions.ts";

/** What a client's first bytes turned out to be. */
export type Hello =
  | { readonly kind: "incomplete" }
  | { readonly kind: "garbage"; readonly reason: string }
  | {
      readonly kind: "hello";
      readonly minVersion: number;
      readonly maxVersion: number;
      readonly text: string;
      readonly rest: Buffer;
    };

const signature = Buffer.from("API\0", "latin1");
const helloBytesMax = 1024;

/**
 * Reads `API\0`, a uint32 length and `v100..193[ connect options]` (tws.md 1.1): no trailing NUL, and no length in
 * front of the signature, so it is not an ordinary frame.
 */
export function parseHello(bytes: Buffer): Hello {
  const known = Math.min(bytes.length, signature.length);
  if (!bytes.subarray(0, known).equals(signature.subarray(0, known))) {
    return { kind: "garbage", reason: "the first bytes are not the API signature" };
  }
  if (bytes.length < signature.length + 4) return { kind: "incomplete" };
  const textBytes = bytes.readUInt32BE(signature.length);
  if (textBytes > helloBytesMax) {
    return { kind: "garbage", reason: `the version text announces ${textBytes} bytes` };
  }
  const textStart = signature.length + 4;
  if (bytes.length < textStart + textBytes) return { kind: "incomplete" };
  const text = bytes.toString("latin1", textStart, textStart + textBytes);
  const match = /^v(\d{1,5})(?:\.\.(\d{1,5}))?(?: .*)?$/.exec(text);
  if (match === null) return { kind: "garbage", reason: `the version text is "${text}"` };
  const minVersion = Number(match[1]);
  return {
    kind: "hello",
    minVersion,
    text,
    maxVersion: match[2] === undefined ? minVersion : Number(match[2]),
    rest: bytes.subarray(textStart + textBytes),
  };
}

/**
 * The version both sides speak: the smaller of the two maxima.
 *
 * @returns undefined when there is none; the connection is then closed without a reply. That a real gateway closes
 *   is inferred, not observed (tws.md 5).
 */
export function negotiateVersion(
  client: { readonly minVersion: number; readonly maxVersion: number },
  serverVersionMax: number,
): number | undefined {
  const version = Math.min(client.maxVersion, serverVersionMax);
  return version < client.minVersion || version < oldestLayoutVersion ? undefined : version;
}
