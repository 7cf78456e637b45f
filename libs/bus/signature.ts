import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import type { Identity } from "#libs/contracts/mod.ts";

/** Header of a signed message: the publisher's signature over the subject and the payload, base64. */
export const SIGNATURE_HEADER = "Crucible-Signature";

/**
 * Why messages are signed, when NATS permissions already say who may publish where: the server checks the subject of
 * a publication, but not its reply subject. Whoever may ask JetStream for a message can name `orders.approved.x` as
 * the place for the answer, and the ledger would take that answer, with a payload of the asker's choice, for an
 * approval. The same road leads to the operator's commands, to snapshots and to delivery receipts. So everything but
 * market data is signed by its publisher's identity, subject included, and no reader takes it unsigned (laws 1, 6, 8).
 * Quotes and bars are not: at tens of thousands a second the signature would cost more than everything else, and no
 * order follows from a quote without a signed decision of risk.
 */
export class LedgerSignatures {
  readonly #own: KeyObject;
  readonly #keys: ReadonlyMap<string, KeyObject>;

  /** @param seed the own nkey seed; `publicKeys` the nkey of each identity, as setup published them */
  constructor(seed: string, publicKeys: Readonly<Record<string, string>>) {
    this.#own = privateKeyOf(seed);
    this.#keys = new Map(Object.entries(publicKeys).map(([identity, key]) => [identity, publicKeyOf(key)]));
  }

  sign(subject: string, payload: string): string {
    return sign(null, Buffer.from(`${subject}\n${payload}`), this.#own).toString("base64");
  }

  /** Whether `identity` itself put this payload on this subject. */
  holds(identity: Identity, subject: string, payload: Uint8Array, signature: string): boolean {
    const key = this.#keys.get(identity);
    if (key === undefined || signature === "") return false;
    const signed = Buffer.concat([Buffer.from(`${subject}\n`), payload]);
    return verify(null, signed, key, Buffer.from(signature, "base64"));
  }
}

// An nkey is base32 of prefix bytes (two in a seed, one in a public key), the 32 raw bytes and a checksum of two. Node
// takes raw Ed25519 keys in their DER wrapping; its native code is some forty times faster than the nkeys library's.
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI_HEAD = Buffer.from("302a300506032b6570032100", "hex");

function privateKeyOf(seed: string): KeyObject {
  const raw = base32(seed).subarray(2, 34);
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, raw]), format: "der", type: "pkcs8" });
}

function publicKeyOf(nkey: string): KeyObject {
  const raw = base32(nkey).subarray(1, 33);
  return createPublicKey({ key: Buffer.concat([SPKI_HEAD, raw]), format: "der", type: "spki" });
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function base32(text: string): Buffer {
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const character of text.trim()) {
    const value = ALPHABET.indexOf(character);
    if (value < 0) throw new RangeError("not an nkey: it holds a character outside base32");
    held = (held << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((held >> bits) & 0xff);
      held &= (1 << bits) - 1;
    }
  }
  return Buffer.from(bytes);
}
