import type { SmsConfig } from '#bridges/sms/config.ts';
import { costOf, questionnaireOf } from '#bridges/sms/forms/questions.ts';
import { segmentsOf } from '#mappings/segments.ts';
import { smartEncode } from '#mappings/smart.ts';
import type { Charge } from '#src/bridge.ts';
import type { Event } from '#src/model/event.ts';

/** The one budget: all that is sent is counted in segments. */
const SEGMENTS = 'segments';
/** What providers charge for an MMS, in segments of SMS. */
const MMS = 3;
/** Room for the name of a speaker, which is not known here. */
const NAME = 'x'.repeat(34);

const charge = (amount: number): readonly Charge[] => (amount > 0 ? [{ budget: SEGMENTS, amount }] : []);

/** Segments of what somebody says, with their name before it. */
const spokenCost = (said: string): number => segmentsOf(smartEncode(NAME + said));

/**
 * What a message costs, but for the line above the very first one to a phone (`chargesAbove`). Pure. Throws a `Failure`
 * for a form that cannot be asked.
 */
export function chargesFor({ mms }: SmsConfig, event: Event): readonly Charge[] {
  if (event.kind !== 'message') return [];
  if (mms && (event.files?.length ?? 0) > 0) return charge(MMS);
  if (event.form) return charge(costOf(questionnaireOf(event.form, event.text, 1), NAME));
  return charge(spokenCost(event.text));
}

/** What a text costs beyond what was reserved for what somebody says in it. Pure. */
export const chargesAbove = (text: string, said: string): readonly Charge[] =>
  charge(segmentsOf(text) - spokenCost(said));

/** What a text of the gateway itself costs. Pure. */
export const chargesOf = (text: string): readonly Charge[] => charge(segmentsOf(smartEncode(text)));
