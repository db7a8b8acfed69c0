import type { EventBody } from '#src/model/event.ts';

/**
 * What somebody says in a room for two who is neither of them: under their name, for all that is told there comes from the one who is
 * talked with. Only words are. Pure.
 */
export const asThird = (bodies: readonly EventBody[], name: string): EventBody[] =>
  bodies.flatMap((body): EventBody[] => {
    if (body.kind === 'retract') return [body];
    if (body.kind !== 'message' && body.kind !== 'edit') return [];
    return body.style === 'action'
      ? [{ ...body, style: 'plain', text: `* ${name} ${body.text}` }]
      : [{ ...body, text: `${name}: ${body.text}` }];
  });
