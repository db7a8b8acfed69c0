import { isatty } from 'node:tty';
import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

export type Log = Logger;

/** Keys whose values never reach a log line, however deep an object puts them (SECURITY rules 9 and 14). */
const SECRET_PATHS = [
  'secret',
  'password',
  'token',
  'body',
  'text',
  '*.secret',
  '*.password',
  '*.token',
  '*.body',
  '*.text',
];

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Logs one JSON object a line on standard output, readable text where that is a terminal. */
export function openLog(level: LogLevel): Log {
  const options = { level, base: null, redact: { paths: SECRET_PATHS, censor: '[redacted]' } };
  return isatty(1)
    ? pino(options, pretty({ sync: true, ignore: 'pid,hostname' }))
    : pino(options, pino.destination({ fd: 1, sync: true }));
}
