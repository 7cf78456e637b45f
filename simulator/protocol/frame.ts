/** One outgoing field. Booleans travel as 1 and 0, `undefined` as an empty field. */
export type Field = string | number | boolean | undefined;

/** Largest payload the real client accepts (stoqey and the Java client drop the socket above it). */
export const framePayloadBytesMax = 0xffffff;

/** Thrown by {@link FrameReader.push} when a length prefix cannot be one of the protocol: the stream is lost. */
export class FrameTooLargeError extends Error {
  readonly code = "SIM_FRAME_TOO_LARGE";

  constructor(payloadBytes: number) {
    super(
      `A frame announces ${payloadBytes} bytes; the protocol allows at most ${framePayloadBytesMax}. ` +
        "The peer does not speak the TWS protocol, or bytes were lost: close the connection.",
    );
    this.name = "FrameTooLargeError";
  }
}

/**
 * Encodes one message: a big-endian uint32 length, then every field closed by NUL.
 *
 * The result is a binary string (one character a byte, to be written as `latin1`): thousands of ticks are joined
 * into one socket write, and joining strings is several times cheaper than joining buffers.
 */
export function encodeFrame(fields: readonly Field[]): string {
  let payload = "";
  for (const field of fields) payload += `${fieldText(field)}\0`;
  const bytes = isAscii(payload) ? payload : Buffer.from(payload, "utf8").toString("latin1");
  return lengthPrefix(bytes.length) + bytes;
}

/** Cuts a byte stream into messages, each a list of its fields. Keeps what is incomplete for the next chunk. */
export class FrameReader {
  #pending: Buffer = Buffer.alloc(0);

  /** @throws FrameTooLargeError when the next length prefix is beyond {@link framePayloadBytesMax}. */
  push(chunk: Buffer): string[][] {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const frames: string[][] = [];
    let offset = 0;
    while (this.#pending.length - offset >= 4) {
      const payloadBytes = this.#pending.readUInt32BE(offset);
      if (payloadBytes > framePayloadBytesMax) throw new FrameTooLargeError(payloadBytes);
      if (this.#pending.length - offset - 4 < payloadBytes) break;
      frames.push(splitFields(this.#pending.toString("utf8", offset + 4, offset + 4 + payloadBytes)));
      offset += 4 + payloadBytes;
    }
    this.#pending = this.#pending.subarray(offset);
    return frames;
  }
}

function splitFields(payload: string): string[] {
  const fields = payload.split("\0");
  // The payload ends with NUL, so the last piece is empty and no field; a peer that forgot it keeps its last field.
  if (fields.at(-1) === "") fields.pop();
  return fields;
}

function fieldText(field: Field): string {
  if (field === undefined) return "";
  if (typeof field === "boolean") return field ? "1" : "0";
  return String(field);
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}

function lengthPrefix(length: number): string {
  return String.fromCharCode((length >>> 24) & 0xff, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff);
}
