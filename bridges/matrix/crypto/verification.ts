import type * as Wasm from '@matrix-org/matrix-sdk-crypto-wasm';
import type { DeviceKeys } from './machine.ts';

/** One emoji with its name (client-server API §11.12.2.2.3). */
export type ShownEmoji = { readonly symbol: string; readonly name: string };

/** A verification with another device of the same user, by emoji. */
export type Verification = {
  /** Resolves with what both sides show. Rejects with a `VerificationEnded`. */
  readonly emoji: Promise<readonly ShownEmoji[]>;
  /** Says whether they are the same. Resolves when the other side says so too; rejects with a `VerificationEnded`. */
  confirm(same: boolean): Promise<void>;
  /** Gives it up, if it is not over. */
  cancel(): Promise<void>;
};

/** It came to no good end: somebody has given it up, or has seen other emoji, or it took too long. */
export class VerificationEnded extends Error {}

/** Takes up the verification that another device of the user has asked for, or asks all of them for one. */
export async function beginVerification(keys: DeviceKeys, user: string): Promise<Verification | undefined> {
  const { machine, engine, send } = keys;
  const { wasm } = engine;
  const methods = () => [wasm.VerificationMethod.SasV1];
  const owner = () => new wasm.UserId(user);

  const request = await keys.alone(async () => {
    const open = machine.getVerificationRequests(owner()).find((one) => !one.isDone() && !one.isCancelled());
    if (open) {
      const answer = open.phase() === wasm.VerificationRequestPhase.Requested && open.acceptWithMethods(methods());
      if (answer) await send(answer);
      return open;
    }
    await send(machine.queryKeysForUsers([owner()]));
    const identity = await machine.getIdentity(owner());
    if (!(identity instanceof wasm.OwnUserIdentity)) return undefined;
    const [asked, message] = await identity.requestVerification(methods());
    await send(message);
    return asked;
  });
  return request && run(keys, request);
}

/** Follows a request to its end. The library says that something has changed, not what. */
function run(keys: DeviceKeys, request: Wasm.VerificationRequest): Verification {
  const { engine, send } = keys;
  const { Sas } = engine.wasm;
  const shown = Promise.withResolvers<readonly ShownEmoji[]>();
  const over = Promise.withResolvers<void>();
  for (const { promise } of [shown, over]) promise.catch(() => undefined);
  let sas: Wasm.Sas | undefined;

  const end = (): void => {
    const error = new VerificationEnded(request.cancelInfo?.reason() ?? 'it was given up');
    shown.reject(error);
    over.reject(error);
  };

  /** Answers what the other side has begun, or begins itself, as who has asked does; the library settles when both do. */
  async function begin(): Promise<void> {
    const found = request.getVerification();
    if (found instanceof Sas) {
      take(found);
      const answer = found.accept();
      if (answer) await send(answer);
    } else if (request.isReady() && request.weStarted()) {
      const started = await request.startSas();
      if (!started) return;
      take(started[0]);
      await send(started[1]);
    }
  }

  async function look(): Promise<void> {
    if (request.isCancelled() || sas?.isCancelled()) return end();
    if (request.isDone() || sas?.isDone()) return over.resolve();
    if (!sas) await begin();
    const emoji = sas?.canBePresented() ? sas.emoji() : undefined;
    if (emoji) shown.resolve(emoji.map(({ symbol, description: name }) => ({ symbol, name })));
  }

  function take(found: Wasm.Sas): void {
    sas = found;
    found.registerChangesCallback(async () => later());
  }

  /** It is called in the midst of what the library does. */
  function later(): void {
    void keys.alone(look).catch((error: unknown) => {
      shown.reject(error);
      over.reject(error);
    });
  }

  request.registerChangesCallback(async () => later());
  later();

  return {
    emoji: shown.promise,
    async confirm(same) {
      await keys.alone(async () => {
        if (!same) {
          const refusal = sas?.cancelWithCode('m.mismatched_sas');
          if (refusal) await send(refusal);
          return end();
        }
        for (const message of (await sas?.confirm()) ?? []) await send(message);
        await look();
      });
      await over.promise;
    },
    async cancel() {
      await keys.alone(async () => {
        const refusal = request.isDone() || request.isCancelled() ? undefined : request.cancel();
        if (refusal) await send(refusal);
        end();
      });
    },
  };
}
