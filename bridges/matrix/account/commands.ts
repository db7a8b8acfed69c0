import type { MatrixConfig } from '#bridges/matrix/config.ts';
import { recover } from '#bridges/matrix/crypto/backup.ts';
import { readRecoveryKey } from '#bridges/matrix/crypto/recovery-key.ts';
import { beginVerification, VerificationEnded } from '#bridges/matrix/crypto/verification.ts';
import { act, type Command, type Step } from '#src/bridge.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer } from '#src/model/form.ts';
import type { Words } from '#src/model/language.ts';
import { ownAccountOf } from './accounts.ts';
import { first } from './login.ts';
import { recovered, accountTexts as texts } from './texts.ts';

type Run = Command<MatrixConfig>['run'];
type Dialogue = AsyncGenerator<Step, Words, Answer>;

/** The two compare emoji by themselves: whoever gives up the dialogue gives up the verification. */
const verify: Run = async function* ({ session }): Dialogue {
  const { keys, user } = ownAccountOf(session);
  if (!keys) throw new Failure('not-supported', { text: texts.unencrypted });
  const begun = yield* act(async () => ({ verification: await beginVerification(keys, user) }));
  const { verification } = begun;
  if (!verification) return texts.nobodyToAsk;
  let over = false;
  try {
    yield { kind: 'wait', text: texts.accept, until: verification.emoji };
    const emoji = await verification.emoji;
    const shown = emoji.map(({ symbol, name }) => `${symbol} ${name}`).join('   ');
    const filled = yield {
      kind: 'form',
      form: {
        title: texts.verify,
        instructions: texts.compare,
        fields: [
          { name: 'emoji', type: 'note', value: [shown] },
          { name: 'same', label: texts.same, type: 'boolean', value: ['false'] },
        ],
      },
    };
    const isSame = ['true', '1'].includes(first(filled, 'same'));
    const confirmed = yield* act(async () => ({ done: verification.confirm(isSame) }));
    confirmed.done.catch(() => undefined);
    yield { kind: 'wait', text: texts.confirming, until: confirmed.done };
    await confirmed.done;
    over = true;
    return texts.verified;
  } catch (error) {
    if (!(error instanceof VerificationEnded)) throw error;
    over = true;
    return texts.notVerified;
  } finally {
    if (!over) await verification.cancel();
  }
};

const recoverKeys: Run = async function* ({ session }): Dialogue {
  const { keys, user, device, incoming } = ownAccountOf(session);
  if (!keys) throw new Failure('not-supported', { text: texts.unencrypted });
  const field = { name: 'key', label: texts.recoveryKey, type: 'secret', required: true } as const;
  const filled = yield { kind: 'form', form: { title: texts.recover, fields: [field] } };
  const key = readRecoveryKey(first(filled, 'key'));
  if (!key) throw new Failure('not-acceptable', { text: texts.noRecoveryKey });
  const asked = yield* act(async () => ({ done: recover(keys, user, device, key) }));
  asked.done.catch(() => undefined);
  try {
    yield { kind: 'wait', text: texts.recovering, until: asked.done };
    const found = await asked.done;
    await incoming.retry();
    return recovered(found.keys, found.verified);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    if (error.code === 'not-acceptable') throw new Failure('not-acceptable', { text: texts.wrongRecoveryKey });
    if (error.code === 'item-not-found') throw new Failure('item-not-found', { text: texts.nothingKept });
    throw error;
  }
};

/** What is done with the keys of an account's device. */
export const accountCommands: readonly Command<MatrixConfig>[] = [
  { node: 'verify', on: 'gateway', who: 'user', identity: 'own', title: texts.verify, run: verify },
  { node: 'recover', on: 'gateway', who: 'user', identity: 'own', title: texts.recover, run: recoverKeys },
];
