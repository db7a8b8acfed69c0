import { advertised } from '#mappings/advertised.ts';
import type { Transport } from '#src/config.ts';
import type { EdgeTransport } from '#src/xmpp/edge.ts';

/** What the XMPP edge has to know of a transport, from its table and its settings. Pure. */
export const transportFacts = ({
  definition,
  overrides,
  history,
}: Transport): Omit<EdgeTransport, 'addresses' | 'link'> => ({
  rooms: definition.mapping.facts.rooms,
  archive: history.record,
  console: definition.mapping.facts.console ?? false,
  forms: (definition.mapping.facts.out.form ?? 'none') !== 'none',
  carried: advertised(definition.mapping, overrides),
  identity: definition.identity,
});
