/** A seeded source of numbers: the same seed text gives the same sequence on every machine. */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
}

/** Numbers that are drawn ahead at once: state in local variables is several times as fast as in a closure. */
const drawnAhead = 256;

/** sfc32, seeded by hashing the text (FNV-1a, then mixed): small, fast, and good enough for a price path. */
class Sfc32 implements Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;
  readonly #drawn = new Float64Array(drawnAhead);
  #next = drawnAhead;
  #spare = Number.NaN;

  constructor(seedText: string) {
    this.#a = hash(seedText, 0x811c9dc5);
    this.#b = hash(seedText, 0x01000193);
    this.#c = hash(seedText, 0x9e3779b9);
    for (let round = 0; round < 15; round += 1) this.uniform();
  }

  uniform(): number {
    if (this.#next === drawnAhead) this.#draw();
    const drawn = this.#drawn[this.#next] ?? 0;
    this.#next += 1;
    return drawn;
  }

  normal(): number {
    const spare = this.#spare;
    if (!Number.isNaN(spare)) {
      this.#spare = Number.NaN;
      return spare;
    }
    // Box-Muller gives two at a time. 1 - u keeps the logarithm's argument above zero.
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  #draw(): void {
    let a = this.#a;
    let b = this.#b;
    let c = this.#c;
    let counter = this.#counter;
    for (let index = 0; index < drawnAhead; index += 1) {
      const sum = (((a + b) | 0) + counter) | 0;
      counter = (counter + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + sum) | 0;
      this.#drawn[index] = (sum >>> 0) / 4294967296;
    }
    this.#a = a;
    this.#b = b;
    this.#c = c;
    this.#counter = counter;
    this.#next = 0;
  }
}

export function randomFrom(seedText: string): Random {
  return new Sfc32(seedText);
}

/** A stable 32-bit number for a text. */
export function hash(text: string, basis = 0x811c9dc5): number {
  let value = basis;
  for (let index = 0; index < text.length; index += 1) {
    value ^= text.charCodeAt(index);
    value = Math.imul(value, 0x01000193);
  }
  value ^= value >>> 16;
  value = Math.imul(value, 0x85ebca6b);
  value ^= value >>> 13;
  return value >>> 0;
}
