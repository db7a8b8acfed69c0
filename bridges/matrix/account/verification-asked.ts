import { objectOf, textOf } from '#bridges/matrix/wire/event.ts';
import type { Host } from '#src/bridge.ts';
import type { Draft } from '#src/model/event.ts';
import type { AccountKey, ForeignId } from '#src/model/ids.ts';
import { wordsIn } from '#src/model/language.ts';
import { accountTexts as texts } from './texts.ts';

type Whose = { readonly host: Pick<Host, 'language'>; readonly account: AccountKey; readonly user: string };

/** Another device of the user wants to compare emoji with this one (§11.12.2.2), which nobody sees here unless told. */
export function asksToVerify(value: unknown, { host, account, user }: Whose): Draft[] {
  const { type, sender, content } = objectOf(value);
  const id = textOf(objectOf(content).transaction_id);
  if (type !== 'm.key.verification.request' || sender !== user || id === undefined) return [];
  const text = wordsIn(texts.verifyAsked, host.language(account));
  const place = { kind: 'realm', account, realm: '' } as const;
  const ids = [`verification ${id}` as ForeignId];
  return [{ ids, place, from: { kind: 'network', id: '' }, kind: 'message', text, style: 'notice' }];
}
