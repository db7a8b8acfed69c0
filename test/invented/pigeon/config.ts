import { z } from 'zod';
import { bytesBetween } from '#src/lib/bytes.ts';
import { durationSchema } from '#src/lib/time/duration.ts';
import type { EventKind } from '#src/model/event.ts';
import { facts } from '../mapping.ts';

const level = z.enum(['none', 'partial', 'full']);
const kinds = [...new Set([...Object.keys(facts.out), ...Object.keys(facts.in)])] as EventKind[];

/** The settings of a pigeon transport. */
export const config = z.strictObject({
  host: z.string().default('127.0.0.1').describe('Where the loft listens'),
  port: z.number().int().min(1).max(65535).describe('Its port'),
  guests: z.boolean().default(false).describe('May people without an account come in under a name of their choice?'),
  carries: z.partialRecord(z.enum(kinds), level).default({}).describe('Kinds of events that cross less than in full'),
  landing: z
    .strictObject({ host: z.string(), port: z.number().int().min(0).max(65535) })
    .optional()
    .describe('Where pigeons may land that bring letters by themselves'),
  file_size: bytesBetween('1B', '1GB')
    .optional()
    .describe('The largest file that is given to the loft; without it letters have the addresses of files'),
  window: z.number().int().min(1).max(1000).default(16).describe('Requests that may be unanswered; more wait here'),
  answer_time: durationSchema(1, 600_000).prefault('30s').describe('How long the loft may take to answer'),
});
export type PigeonConfig = z.output<typeof config>;

/** What people set. */
export const account = z.strictObject({
  receipts: z.boolean().default(true).describe('Tell others that you have seen what they wrote'),
});
export const realm = z.strictObject({
  status: z.string().max(100).default('').describe('What others are told of you when you come online'),
});
export const room = z.strictObject({
  quiet: z.boolean().default(false).describe('Leave out who is typing'),
});
