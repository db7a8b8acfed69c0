import { describe, expect, it } from 'vitest';
import { type SessionInput, type SessionPhase, step } from '#src/core/sessions/session-state.ts';
import { Failure } from '#src/model/failure.ts';

const down = new Failure('remote-server-timeout');
const banned = new Failure('banned');
const bannedForNow = new Failure('banned', { retryAfter: 60_000 });

const rows: [string, SessionPhase, SessionInput, SessionPhase, string[]][] = [
  ['is made on the first need', { name: 'idle' }, { kind: 'need' }, { name: 'connecting', attempt: 0 }, ['connect']],
  ['is not made twice', { name: 'connecting', attempt: 2 }, { kind: 'need' }, { name: 'connecting', attempt: 2 }, []],
  [
    'sends what waited once it is up',
    { name: 'connecting', attempt: 1 },
    { kind: 'connected' },
    { name: 'online', attempt: 1 },
    ['flush'],
  ],
  [
    'is given up when nobody keeps it',
    { name: 'connecting', attempt: 0 },
    { kind: 'failed', failure: down, keep: false },
    { name: 'idle' },
    ['abandon'],
  ],
  [
    'tries again while rooms want it',
    { name: 'connecting', attempt: 3 },
    { kind: 'failed', failure: down, keep: true },
    { name: 'waiting', attempt: 4 },
    ['wait'],
  ],
  [
    'is given up on a refusal that would only repeat',
    { name: 'online', attempt: 0 },
    { kind: 'lost', failure: banned, keep: true, stable: true },
    { name: 'idle' },
    ['abandon'],
  ],
  [
    'tries again after a refusal that says when it will not repeat',
    { name: 'online', attempt: 0 },
    { kind: 'lost', failure: bannedForNow, keep: true, stable: true },
    { name: 'waiting', attempt: 1, refused: bannedForNow },
    ['wait'],
  ],
  [
    'starts counting anew after a stable time',
    { name: 'online', attempt: 5 },
    { kind: 'lost', failure: down, keep: true, stable: true },
    { name: 'waiting', attempt: 1 },
    ['wait'],
  ],
  [
    'goes on counting when it never lasted',
    { name: 'online', attempt: 5 },
    { kind: 'lost', failure: down, keep: true, stable: false },
    { name: 'waiting', attempt: 6 },
    ['wait'],
  ],
  [
    'connects after the wait',
    { name: 'waiting', attempt: 2 },
    { kind: 'retry' },
    { name: 'connecting', attempt: 2 },
    ['connect'],
  ],
  [
    'is closed with its last room',
    { name: 'online', attempt: 0 },
    { kind: 'release' },
    { name: 'closing', again: false },
    ['close'],
  ],
  ['is cancelled while it waits', { name: 'waiting', attempt: 1 }, { kind: 'release' }, { name: 'idle' }, ['cancel']],
  [
    'comes back after closing when needed meanwhile',
    { name: 'closing', again: false },
    { kind: 'need' },
    { name: 'closing', again: true },
    [],
  ],
  [
    'is made anew once closed',
    { name: 'closing', again: true },
    { kind: 'closed' },
    { name: 'connecting', attempt: 0 },
    ['connect'],
  ],
  ['ends once closed', { name: 'closing', again: false }, { kind: 'closed' }, { name: 'idle' }, []],
];

describe('a session', () => {
  it.each(rows)('%s', (_title, phase, input, next, effects) => {
    const [after, ...done] = step(phase, input);
    expect(after).toEqual(next);
    expect(done.map(({ kind }) => kind)).toEqual(effects);
  });
});
