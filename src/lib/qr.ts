import { crc32, deflateSync } from 'node:zlib';

/** ISO/IEC 18004 table 9, level M, by version from 1: codewords for correction in a block, and how many blocks there are. */
const CORRECTION = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26];
const BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16];

type Shape = { readonly version: number; readonly all: number; readonly correction: number; readonly blocks: number };

/** Modules of a picture, row by row: dark is true. `fixed` are not there for data. */
type Grid = { readonly size: number; readonly dark: boolean[]; readonly fixed: boolean[] };

/** §7.3: how the data is mixed, so that no large areas are of one colour. */
const MASKS: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_x, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/** The modules of a QR code (ISO/IEC 18004, bytes, level M) of a text, or nothing where it is longer than 666 bytes. Pure. */
export function qrCode(text: string): Pick<Grid, 'size' | 'dark'> | undefined {
  const bytes = Buffer.from(text);
  const shape = shapeFor(bytes.length);
  if (!shape) return undefined;
  const words = interleaved(dataOf(bytes, shape), shape);
  const grids = MASKS.map((mask, number) => drawn(words, shape.version, { mask, number }));
  const costs = grids.map(cost);
  return grids[costs.indexOf(Math.min(...costs))];
}

/** A QR code as PNG, with the quiet zone around it; `scale` pixels a module. Pure. */
export function qrPng(text: string, scale = 4): Buffer | undefined {
  const code = qrCode(text);
  if (!code) return undefined;
  const quiet = 4;
  const width = (code.size + 2 * quiet) * scale;
  const row = 1 + Math.ceil(width / 8);
  const pixels = Buffer.alloc(row * width, 0xff);
  for (let y = 0; y < width; y++) {
    pixels[y * row] = 0;
    for (let x = 0; x < width; x++) {
      const at = [x, y].map((one) => Math.floor(one / scale) - quiet);
      if (!isDark(code, at[0] ?? 0, at[1] ?? 0)) continue;
      const index = y * row + 1 + (x >> 3);
      pixels[index] = (pixels[index] ?? 0) & ~(0x80 >> (x & 7));
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(width, 4);
  // One bit of grey.
  header[8] = 1;
  const parts = [chunk('IHDR', header), chunk('IDAT', deflateSync(pixels)), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), ...parts]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

const isDark = ({ size, dark }: Pick<Grid, 'size' | 'dark'>, x: number, y: number): boolean =>
  x >= 0 && y >= 0 && x < size && y < size && dark[y * size + x] === true;

/** The smallest version that holds so many bytes. */
function shapeFor(length: number): Shape | undefined {
  for (const [index, correction] of CORRECTION.entries()) {
    const version = index + 1;
    const blocks = BLOCKS[index] ?? 1;
    const all = Math.floor(modules(version) / 8);
    const shape = { version, all, correction, blocks };
    if (headBits(version) + length * 8 <= (all - correction * blocks) * 8) return shape;
  }
  return undefined;
}

const headBits = (version: number): number => 4 + (version < 10 ? 8 : 16);

/** §5.3: modules for data and correction. */
function modules(version: number): number {
  const lines = version === 1 ? 0 : Math.floor(version / 7) + 2;
  const alignment = lines === 0 ? 0 : (25 * lines - 10) * lines - 55;
  return (16 * version + 128) * version + 64 - alignment - (version < 7 ? 0 : 36);
}

/** §7.4: mode, length, bytes, end, and what fills the rest. */
function dataOf(bytes: Buffer, { version, all, correction, blocks }: Shape): number[] {
  const bits = [...binary(4, 4), ...binary(bytes.length, headBits(version) - 4)];
  for (const byte of bytes) bits.push(...binary(byte, 8));
  const room = (all - correction * blocks) * 8;
  bits.push(...binary(0, Math.min(4, room - bits.length)));
  while (bits.length % 8 !== 0) bits.push(0);
  for (let fill = 0xec; bits.length < room; fill ^= 0xfd) bits.push(...binary(fill, 8));
  const words: number[] = [];
  for (let at = 0; at < bits.length; at += 8) words.push(Number.parseInt(bits.slice(at, at + 8).join(''), 2));
  return words;
}

const binary = (value: number, width: number): number[] =>
  Array.from({ length: width }, (_, at) => (value >> (width - 1 - at)) & 1);

/** §7.5, §7.6: blocks with their correction, a word of each in turn. */
function interleaved(data: readonly number[], { all, correction, blocks }: Shape): number[] {
  const short = Math.floor(all / blocks) - correction;
  const shorter = blocks - (all % blocks);
  let at = 0;
  const parts = Array.from({ length: blocks }, (_, index) => {
    const part = data.slice(at, at + short + (index < shorter ? 0 : 1));
    at += part.length;
    return part;
  });
  const divisor = generator(correction);
  const corrections = parts.map((part) => remainder(part, divisor));
  return [...inTurn(parts, short + 1), ...inTurn(corrections, correction)];
}

const inTurn = (parts: readonly (readonly number[])[], most: number): number[] =>
  Array.from({ length: most }, (_, at) => parts.flatMap((part) => part[at] ?? [])).flat();

/** Product in GF(2^8) modulo x^8 + x^4 + x^3 + x^2 + 1. */
function times(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ ((product >> 7) * 0x11d);
    product ^= ((b >> bit) & 1) * a;
  }
  return product;
}

/** The generator polynomial of a degree, without its first coefficient. */
function generator(degree: number): number[] {
  let made = [1];
  for (let step = 0, root = 1; step < degree; step++, root = times(root, 2)) {
    const raised = [...made, 0];
    made = raised.map((one, at) => one ^ times(made[at - 1] ?? 0, root));
  }
  return made.slice(1);
}

function remainder(data: readonly number[], divisor: readonly number[]): number[] {
  let rest: number[] = divisor.map(() => 0);
  for (const word of data) {
    const factor = word ^ (rest[0] ?? 0);
    rest = divisor.map((one, at) => (rest[at + 1] ?? 0) ^ times(one, factor));
  }
  return rest;
}

type Mask = { readonly mask: (x: number, y: number) => boolean; readonly number: number };

function drawn(words: readonly number[], version: number, { mask, number }: Mask): Grid {
  const size = 17 + 4 * version;
  const grid: Grid = { size, dark: Array(size * size).fill(false), fixed: Array(size * size).fill(false) };
  drawPatterns(grid, version);
  drawFormat(grid, number);
  if (version >= 7) drawVersion(grid, version);
  drawData(grid, words, mask);
  return grid;
}

function put({ size, dark, fixed }: Grid, x: number, y: number, on: boolean): void {
  if (x < 0 || y < 0 || x >= size || y >= size) return;
  dark[y * size + x] = on;
  fixed[y * size + x] = true;
}

/** §6.3: timing, finders with their separators, and alignment. */
function drawPatterns(grid: Grid, version: number): void {
  const { size } = grid;
  for (let at = 0; at < size; at++) {
    put(grid, 6, at, at % 2 === 0);
    put(grid, at, 6, at % 2 === 0);
  }
  const end = size - 4;
  for (const [x, y] of [
    [3, 3],
    [end, 3],
    [3, end],
  ] as const)
    rings(grid, { x, y, radius: 4, light: [2, 4] });
  const lines = alignmentLines(version, size);
  for (const [row, y] of lines.entries())
    for (const [column, x] of lines.entries()) {
      const last = lines.length - 1;
      const isFinder = (row === 0 && (column === 0 || column === last)) || (row === last && column === 0);
      if (!isFinder) rings(grid, { x, y, radius: 2, light: [1] });
    }
}

type Rings = { readonly x: number; readonly y: number; readonly radius: number; readonly light: readonly number[] };

function rings(grid: Grid, { x, y, radius, light }: Rings): void {
  for (let dy = -radius; dy <= radius; dy++)
    for (let dx = -radius; dx <= radius; dx++)
      put(grid, x + dx, y + dy, !light.includes(Math.max(Math.abs(dx), Math.abs(dy))));
}

/** Annex E: where alignment patterns are centred. */
function alignmentLines(version: number, size: number): number[] {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = Math.floor((version * 8 + count * 3 + 5) / (count * 4 - 4)) * 2;
  const lines = Array.from({ length: count - 1 }, (_, at) => size - 7 - at * step);
  return [6, ...lines.reverse()];
}

/** A value with its BCH code behind it. */
function coded(value: number, polynomial: number, width: number): number {
  let rest = value;
  for (let bit = 0; bit < width; bit++) rest = (rest << 1) ^ ((rest >> (width - 1)) * polynomial);
  return (value << width) | rest;
}

/** §7.9: level M is 00. */
function drawFormat(grid: Grid, mask: number): void {
  const { size } = grid;
  const bits = coded(mask, 0x537, 10) ^ 0x5412;
  const bit = (at: number): boolean => ((bits >> at) & 1) === 1;
  for (let at = 0; at < 15; at++) {
    const first = at < 6 ? at : at < 8 ? at + 1 : 14 - at;
    if (at < 8) put(grid, 8, first, bit(at));
    else put(grid, at === 8 ? 7 : first, 8, bit(at));
    if (at < 8) put(grid, size - 1 - at, 8, bit(at));
    else put(grid, 8, size - 15 + at, bit(at));
  }
  put(grid, 8, size - 8, true);
}

/** §7.10 */
function drawVersion(grid: Grid, version: number): void {
  const bits = coded(version, 0x1f25, 12);
  for (let at = 0; at < 18; at++) {
    const on = ((bits >> at) & 1) === 1;
    const [near, far] = [Math.floor(at / 3), grid.size - 11 + (at % 3)];
    put(grid, near, far, on);
    put(grid, far, near, on);
  }
}

/** §7.7.3: upwards and downwards in columns of two, from the right. */
function drawData({ size, dark, fixed }: Grid, words: readonly number[], mask: Mask['mask']): void {
  let at = 0;
  for (let right = size - 1, up = true; right > 0; right -= 2, up = !up) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step++) {
      const y = up ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (fixed[y * size + x]) continue;
        const on = (((words[at >> 3] ?? 0) >> (7 - (at & 7))) & 1) === 1;
        dark[y * size + x] = on !== mask(x, y);
        at += 1;
      }
    }
  }
}

/** §7.8.3, its first two rules: runs of one colour, and squares of two by two. */
function cost(grid: Grid): number {
  const { size } = grid;
  let sum = 0;
  for (let line = 0; line < size; line++) {
    sum += runs(size, (at) => isDark(grid, at, line)) + runs(size, (at) => isDark(grid, line, at));
    for (let x = 1; line > 0 && x < size; x++) {
      const here = isDark(grid, x, line);
      const others = [isDark(grid, x - 1, line), isDark(grid, x, line - 1), isDark(grid, x - 1, line - 1)];
      if (others.every((one) => one === here)) sum += 3;
    }
  }
  return sum;
}

function runs(size: number, colour: (at: number) => boolean): number {
  let sum = 0;
  for (let at = 1, run = 1; at <= size; at++) {
    if (at < size && colour(at) === colour(at - 1)) run += 1;
    else {
      if (run >= 5) sum += run - 2;
      run = 1;
    }
  }
  return sum;
}
