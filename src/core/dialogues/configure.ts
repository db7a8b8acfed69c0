import { settingTexts as texts } from '#mappings/texts/settings.ts';
import type { Step } from '#src/bridge.ts';
import type { Core, SettingsScope } from '#src/core/index.ts';
import { Failure } from '#src/model/failure.ts';
import type { Answer, Field, Form } from '#src/model/form.ts';
import { splitAccount } from '#src/model/ids.ts';
import type { Words } from '#src/model/language.ts';
import type { BoundCommand } from './talks.ts';

/** Where the settings of which scope are, and what they are called. */
const PLACES = [
  { scope: 'account', on: 'gateway', title: texts.account, instructions: texts.accountHow },
  { scope: 'realm', on: 'realm', title: texts.realm, instructions: texts.realmHow },
  { scope: 'room', on: 'room', title: texts.room, instructions: texts.roomHow },
] as const;

/** `configure`, where there is something to be set: that of the account on the gateway, of a realm and of a room there. */
export function configureCommands(
  settings: Core['settings'],
  has: (scope: SettingsScope) => boolean,
): readonly BoundCommand[] {
  return PLACES.filter(({ scope }) => has(scope)).map(({ scope, on, title, instructions }) => ({
    node: 'configure',
    who: 'user',
    on,
    title,
    async *run({ account, place }): AsyncGenerator<Step, Words, Answer> {
      const { user } = splitAccount(account);
      const asked = { title, instructions, ...(await settings.form(place, scope, user)) };
      for (let form: Form = asked; ; ) {
        const answer = yield { kind: 'form', form, last: true };
        try {
          await settings.change({ place, scope, answer }, user);
          return texts.done;
        } catch (error) {
          if (!(error instanceof Failure) || error.code !== 'not-acceptable') throw error;
          form = { ...asked, instructions: error.words, fields: asked.fields.map((field) => kept(field, answer)) };
        }
      }
    },
  }));
}

/** A field with what was given for it. */
function kept(field: Field, answer: Answer): Field {
  const { [field.name]: value } = answer;
  return field.type === 'secret' || value === undefined ? field : { ...field, value };
}
