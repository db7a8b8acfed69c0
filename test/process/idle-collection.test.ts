import { expect, test } from 'vitest';
import { startTidying } from '#src/process/idle-collection.ts';
import { handClock } from '../hand-clock.ts';

const LOOK = 3_000;
const MB = 1_000_000;

/** A process of which the test says how busy and how full it is. */
function open() {
  const state = { load: 0, used: 100 * MB, collected: 0 };
  const clock = handClock();
  const tidying = startTidying({
    clock,
    collect() {
      state.collected++;
      state.used = 60 * MB;
    },
    used: () => state.used,
    load: () => state.load,
  });
  return { state, clock, tidying };
}

test('garbage is collected once it is quiet, and again only when there is new garbage', () => {
  const { state, clock } = open();
  state.load = 0.5;
  clock.advance(LOOK);
  expect(state.collected).toBe(0);
  state.load = 0.01;
  clock.advance(LOOK);
  expect(state.collected).toBe(1);
  state.used = 67 * MB;
  clock.advance(LOOK);
  expect(state.collected).toBe(1);
  state.used = 68 * MB;
  clock.advance(LOOK);
  expect(state.collected).toBe(2);
});

test('nothing is collected after the end', () => {
  const { state, clock, tidying } = open();
  tidying[Symbol.dispose]();
  clock.advance(10 * LOOK);
  expect(state.collected).toBe(0);
});
