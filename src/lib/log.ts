import { createRequire } from 'node:module';
import { isatty } from 'node:tty';
import { type Logger, pino } from 'pino';

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
  if (!isatty(1)) return pino(options, pino.destination({ fd: 1, sync: true }));
  // Only people need it, and it is as large as the rest of the log.
  const pretty: typeof import('pino-pretty') = createRequire(import.meta.url)('pino-pretty');
  return pino(options, pretty({ sync: true, ignore: 'pid,hostname' }));
}
