import { createHash } from 'node:crypto';
import { crc32, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { qrCode, qrPng } from '#src/lib/qr.ts';

const rowsOf = (text: string): string[] => {
  const { size, dark } = qrCode(text) ?? { size: 0, dark: [] };
  return Array.from({ length: size }, (_, y) =>
    Array.from({ length: size }, (_, x) => (dark[y * size + x] ? '#' : '.')).join(''),
  );
};

describe('a QR code', () => {
  it('is read as what it says by anybody who scans this', () => {
    expect(rowsOf('hello')).toEqual([
      '#######..##...#######',
      '#.....#..##...#.....#',
      '#.###.#..#..#.#.###.#',
      '#.###.#...##..#.###.#',
      '#.###.#..##.#.#.###.#',
      '#.....#.#..##.#.....#',
      '#######.#.#.#.#######',
      '...........##........',
      '#..#.##.##...#.#.....',
      '..#.##....#...#....##',
      '...##.####..##...##.#',
      '###.##..#..#.....#.##',
      '.##.#.##..#.#.#.#....',
      '........##.#...##.#.#',
      '#######...#..#.#.###.',
      '#.....#.#.####.##....',
      '#.###.#....#..###...#',
      '#.###.#.##.#...#.####',
      '#.###.#..##.#...#.#.#',
      '#.....#..##..##......',
      '#######.#####..#.#.#.',
    ]);
  });

  it('is as it was when an independent reader read each of these, of every version up to 20', () => {
    const hash = createHash('sha256');
    for (let length = 1; length <= 666; length += 5) {
      hash.update(
        rowsOf('0123456789abcdef'.repeat(50).slice(0, length)).join('').replaceAll('#', '1').replaceAll('.', '0'),
      );
    }
    expect(hash.digest('hex')).toBe('81a295f21683c929ea697ddbbdba03e92c748ecbb4bc7cdc4339daa7e1b50a4c');
  });

  it('grows with its text, and is none where that is too long', () => {
    expect(rowsOf('x'.repeat(14))).toHaveLength(21);
    expect(rowsOf('x'.repeat(15))).toHaveLength(25);
    expect(rowsOf('x'.repeat(666))).toHaveLength(97);
    expect(qrCode('x'.repeat(667))).toBeUndefined();
    expect(qrPng('x'.repeat(667))).toBeUndefined();
  });

  it('is a PNG with a quiet zone of four modules', () => {
    const png = qrPng('hello', 1) ?? Buffer.alloc(0);
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([29, 29]);
    const length = png.readUInt32BE(33);
    expect(png.readUInt32BE(41 + length)).toBe(crc32(png.subarray(37, 41 + length)));
    const pixels = inflateSync(png.subarray(41, 41 + length));
    const row = (y: number) =>
      [...pixels.subarray(y * 5 + 1, y * 5 + 5)].map((byte) => byte.toString(2).padStart(8, '0'));
    expect(row(3).join('').slice(0, 29)).toBe('1'.repeat(29));
    expect(row(4).join('').slice(4, 25)).toBe((rowsOf('hello')[0] ?? '').replaceAll('#', '0').replaceAll('.', '1'));
  });
});
