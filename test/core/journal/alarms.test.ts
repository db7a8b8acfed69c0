import { pino } from 'pino';
import { expect, it } from 'vitest';
import { openAlarms } from '#src/core/journal/operator/alarms.ts';
import { placeTransport } from '#src/model/place.ts';
import { handClock } from '../../hand-clock.ts';

it('an alarm is counted each time and told once an hour, what admins are told is told each time', () => {
  const clock = handClock();
  const told: string[] = [];
  const counted: string[] = [];
  const { alarm, tellAdmins } = openAlarms({
    access: { register: [], admins: ['admin@a.example'] },
    clock,
    log: pino({ level: 'silent' }),
    report: (what, transport, name) => void counted.push(`${what} ${transport} ${name}`),
    store: {} as never,
    commit: {} as never,
    languages: { of: () => 'en' },
    rows: {} as never,
    display: {
      owe: () => undefined,
      show(event, to) {
        expect(to).toEqual([{ jid: 'admin@a.example' }]);
        if (event.kind === 'message') told.push(`${placeTransport(event.place)}: ${event.text}`);
        return true;
      },
    },
  });
  alarm('mail.example', 'standing', 'We are refused.');
  clock.advance(3_599_999);
  alarm('mail.example', 'standing', 'We are refused.');
  alarm('mail.example', 'key', 'The key is bad.');
  alarm('net.example', 'standing', 'So are we.');
  clock.advance(1);
  alarm('mail.example', 'standing', 'We are refused again.');
  for (const text of ['A letter.', 'A letter.']) tellAdmins('mail.example', text);
  expect(told).toEqual([
    'mail.example: We are refused.',
    'mail.example: The key is bad.',
    'net.example: So are we.',
    'mail.example: We are refused again.',
    'mail.example: A letter.',
    'mail.example: A letter.',
  ]);
  expect(counted.length).toBe(5);
  expect(counted[0]).toBe('alarm mail.example standing');
});
