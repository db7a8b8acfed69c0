import { xmlChars } from '#src/model/text.ts';
import { type Json, listOf, objectOf, textOf } from './event.ts';

/** The words of an extensible event (MSC1767), by the names that it has had; empty where it has none. */
export function extensibleText(content: Json): string {
  const plain = textOf(content['m.text']) ?? textOf(content['org.matrix.msc1767.text']);
  const [first] = listOf(content['m.text']).map(objectOf);
  return xmlChars(plain ?? textOf(first?.body) ?? '');
}

/** The same, or what stands there for those who do not know them. */
const wordsIn = (content: Json): string => extensibleText(content) || xmlChars(textOf(content.body) ?? '');

/** A poll as text: its question and its options by numbers, or its result (MSC3381). Nothing for what is none. */
export function pollText(type: string, content: Json): string | undefined {
  if (type === 'org.matrix.msc3381.poll.start' || type === 'm.poll.start') {
    const poll = objectOf(content['m.poll'] ?? content['m.poll.start'] ?? content['org.matrix.msc3381.poll.start']);
    const question = wordsIn(objectOf(poll.question));
    const answers = listOf(poll.answers).map((one, index) => `${index + 1}. ${wordsIn(objectOf(one))}`);
    return [question, ...answers].join('\n').trim() || wordsIn(content);
  }
  return type === 'org.matrix.msc3381.poll.end' || type === 'm.poll.end' ? wordsIn(content) : undefined;
}
