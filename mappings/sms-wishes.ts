/**
 * What people write who want no more texts and do not know the word for it. Nothing is made of it by itself: a person
 * may mean something else, so only whole texts count, and whoever gets them is told how to end it.
 */
const WISHES: ReadonlySet<string> = new Set([
  ...['stop texting me', 'stop texting', 'stop messaging me', 'stop sending me texts', 'stop sending me messages'],
  ...["don't text me", "don't text me again", "don't text me anymore", 'do not text me', 'do not text me again'],
  ...["don't message me", 'no more texts', 'no more messages', 'leave me alone', 'lose my number'],
  ...['remove me', 'remove my number', 'take me off your list', 'unsubscribe me', 'opt me out'],
  ...['keine sms mehr', 'keine nachrichten mehr', 'schreib mir nicht mehr', 'schreiben sie mir nicht mehr'],
  ...['plus de sms', "ne m'écris plus", "ne m'écrivez plus", 'no me escribas más', 'no me escriba más'],
  ...['non scrivermi più', 'stuur me geen sms meer'],
]);

const POLITE = /^(?:please|bitte|per favore|por favor)[ ,]+|[ ,]+(?:please|now|bitte|svp|por favor)$/g;

/** Whether a text is a clear wish for no more texts, and nothing else. Pure. */
export function wantsNoMore(text: string): boolean {
  const words = text
    .trim()
    .toLowerCase()
    .replaceAll('’', "'")
    .replace(/\s+/g, ' ')
    .replace(/[\s.!]+$/, '');
  return WISHES.has(words.replace(POLITE, ''));
}
