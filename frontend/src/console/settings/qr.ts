/** Texts as QR codes (ISO/IEC 18004): bytes, correction level M, versions 1 to 9. */

/** By version: correction bytes of a block, data bytes of each block. */
const BLOCKS: [number, number[]][] = [
  [10, [16]],
  [16, [28]],
  [26, [44]],
  [18, [32, 32]],
  [24, [43, 43]],
  [16, [27, 27, 27, 27]],
  [18, [31, 31, 31, 31]],
  [22, [38, 38, 39, 39]],
  [22, [36, 36, 36, 37, 37]],
];
/** From version 7 on small squares stand in the middle, too. */
const MIDDLE = [22, 24, 26];

type Matrix = (boolean | null)[][];

/** A square of dark (true) and light places without its margin; null when the text is longer than 180 bytes. */
export function qr(text: string): boolean[][] | null {
  const bytes = [...new TextEncoder().encode(text)];
  const at = BLOCKS.findIndex(([, blocks]) => sum(blocks) >= bytes.length + 2);
  const found = BLOCKS[at];
  if (!found) return null;
  const [correction, blocks] = found;
  const words = interleave(pack(bytes, sum(blocks)), blocks, correction);
  const masks = [0, 1, 2, 3, 4, 5, 6, 7].map(mask => draw(at + 1, words, mask));
  return masks.reduce((best, each) => (penalty(each) < penalty(best) ? each : best));
}

const sum = (numbers: number[]) => numbers.reduce((all, each) => all + each, 0);

/** Mode, length, the bytes, an end, and filling up to the size. */
function pack(bytes: number[], size: number): number[] {
  const bits = [0, 1, 0, 0, ...toBits(bytes.length, 8), ...bytes.flatMap(byte => toBits(byte, 8))];
  bits.push(...[0, 0, 0, 0].slice(0, size * 8 - bits.length));
  while (bits.length % 8) bits.push(0);
  const packed: number[] = [];
  for (let n = 0; n < bits.length; n += 8) packed.push(Number.parseInt(bits.slice(n, n + 8).join(""), 2));
  for (let pad = 0xec; packed.length < size; pad ^= 0xfd) packed.push(pad);
  return packed;
}

function toBits(value: number, length: number): number[] {
  return Array.from({ length }, (_, n) => (value >> (length - 1 - n)) & 1);
}

function interleave(words: number[], blocks: number[], correction: number): number[] {
  const parts = blocks.map((size, n) => {
    const from = sum(blocks.slice(0, n));
    return words.slice(from, from + size);
  });
  const checks = parts.map(part => remainder(part, correction));
  const column = (all: number[][], n: number) => all.flatMap(part => (n < part.length ? [part[n] ?? 0] : []));
  const longest = Math.max(...blocks);
  return [
    ...Array.from({ length: longest }, (_, n) => column(parts, n)).flat(),
    ...Array.from({ length: correction }, (_, n) => column(checks, n)).flat(),
  ];
}

/** Reed–Solomon: what is left of the data divided by the generator of so many correction bytes. */
function remainder(data: number[], correction: number): number[] {
  let generator = [1];
  for (let n = 0, root = 1; n < correction; n++, root = times(root, 2)) {
    const next = [...generator, 0];
    generator.forEach((factor, place) => {
      next[place + 1] = (next[place + 1] ?? 0) ^ times(factor, root);
    });
    generator = next;
  }
  const rest = [...data, ...new Array<number>(correction).fill(0)];
  data.forEach((_, n) => {
    const lead = rest[n] ?? 0;
    generator.forEach((factor, place) => {
      rest[n + place] = (rest[n + place] ?? 0) ^ times(factor, lead);
    });
  });
  return rest.slice(data.length);
}

/** Product in the field of 256 elements with the polynomial 0x11d. */
function times(a: number, b: number): number {
  let product = 0;
  for (let n = 7; n >= 0; n--) product = (product << 1) ^ ((product >> 7) * 0x11d) ^ (((b >> n) & 1) * a);
  return product;
}

const MASKS: ((row: number, column: number) => boolean)[] = [
  (r, c) => (r + c) % 2 === 0,
  r => r % 2 === 0,
  (_, c) => c % 3 === 0,
  (r, c) => (r + c) % 3 === 0,
  (r, c) => ((r >> 1) + Math.floor(c / 3)) % 2 === 0,
  (r, c) => ((r * c) % 2) + ((r * c) % 3) === 0,
  (r, c) => (((r * c) % 2) + ((r * c) % 3)) % 2 === 0,
  (r, c) => (((r + c) % 2) + ((r * c) % 3)) % 2 === 0,
];

/** The code of one version under one mask. */
function draw(version: number, words: number[], mask: number): boolean[][] {
  const size = version * 4 + 17;
  const matrix: Matrix = Array.from({ length: size }, () => new Array<boolean | null>(size).fill(null));
  const set = (row: number, column: number, dark: boolean) => {
    const line = matrix[row];
    if (line && column >= 0 && column < size) line[column] = dark;
  };
  for (const [row, column] of [
    [3, 3],
    [3, size - 4],
    [size - 4, 3],
  ] as const)
    square(set, row, column, 4, [0, 1, 3]);
  for (let n = 8; n < size - 8; n++) {
    set(6, n, n % 2 === 0);
    set(n, 6, n % 2 === 0);
  }
  const last = size - 7;
  const middle = MIDDLE[version - 7];
  const centres = version < 2 ? [] : middle ? [6, middle, last] : [6, last];
  // Three corners have the large squares already.
  for (const row of centres)
    for (const column of centres)
      if ((row !== 6 || (column !== 6 && column !== last)) && (row !== last || column !== 6))
        square(set, row, column, 2, [0, 2]);
  format(set, size, mask);
  if (version > 6) name(set, size, version);
  fill(matrix, words, MASKS[mask] ?? (() => false));
  return matrix as boolean[][];
}

type Put = (row: number, column: number, dark: boolean) => void;

/** A square of rings about a place: dark at the distances named. */
function square(set: Put, row: number, column: number, reach: number, dark: number[]): void {
  for (let r = -reach; r <= reach; r++)
    for (let c = -reach; c <= reach; c++)
      set(row + r, column + c, dark.includes(Math.max(Math.abs(r), Math.abs(c))));
}

/** Bits and their check bits: what is left of the division by a polynomial. */
function checked(value: number, length: number, polynomial: number): number {
  let rest = value << length;
  for (let n = 31 - Math.clz32(rest); n >= length; n = 31 - Math.clz32(rest))
    rest ^= polynomial << (n - length);
  return (value << length) | rest;
}

/** Level M and the mask, twice, and the one place that is always dark. */
function format(set: Put, size: number, mask: number): void {
  const bits = checked(mask, 10, 0x537) ^ 0x5412;
  for (let n = 0; n < 15; n++) {
    const dark = ((bits >> n) & 1) === 1;
    set(n < 6 ? n : n < 8 ? n + 1 : size - 15 + n, 8, dark);
    set(8, n < 8 ? size - 1 - n : n < 9 ? 7 : 14 - n, dark);
  }
  set(size - 8, 8, true);
}

function name(set: Put, size: number, version: number): void {
  const bits = checked(version, 12, 0x1f25);
  for (let n = 0; n < 18; n++) {
    const [a, b] = [Math.floor(n / 3), size - 11 + (n % 3)];
    set(a, b, ((bits >> n) & 1) === 1);
    set(b, a, ((bits >> n) & 1) === 1);
  }
}

/** The words in pairs of columns, up and down from the right; the rest of the places is light. */
function fill(matrix: Matrix, words: number[], isMasked: (row: number, column: number) => boolean): void {
  const size = matrix.length;
  let n = 0;
  for (let right = size - 1, up = true; right > 0; right -= 2, up = !up) {
    if (right === 6) right--;
    for (let step = 0; step < size; step++) {
      const row = up ? size - 1 - step : step;
      for (const column of [right, right - 1]) {
        const line = matrix[row];
        if (!line || line[column] !== null) continue;
        const bit = ((words[n >> 3] ?? 0) >> (7 - (n & 7))) & 1;
        n++;
        line[column] = (bit === 1) !== isMasked(row, column);
      }
    }
  }
}

/** What makes a code hard to read: long runs of one colour, squares of it, and too much of it. */
function penalty(matrix: boolean[][]): number {
  const size = matrix.length;
  let found = 0;
  let dark = 0;
  const at = (row: number, column: number) => matrix[row]?.[column];
  for (let a = 0; a < size; a++) {
    let [across, down] = [1, 1];
    for (let b = 0; b < size; b++) {
      if (at(a, b)) dark++;
      across = b > 0 && at(a, b) === at(a, b - 1) ? across + 1 : 1;
      down = b > 0 && at(b, a) === at(b - 1, a) ? down + 1 : 1;
      for (const run of [across, down]) found += run === 5 ? 3 : run > 5 ? 1 : 0;
      const isSquare =
        at(a, b) === at(a + 1, b) && at(a, b) === at(a, b + 1) && at(a, b) === at(a + 1, b + 1);
      if (isSquare) found += 3;
    }
  }
  return found + 10 * Math.floor(Math.abs((dark * 100) / (size * size) - 50) / 5);
}
