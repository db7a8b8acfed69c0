// XEP-0504: Data Policy, version 0.1.0.
import { policyTexts as texts } from '#mappings/texts/policy.ts';
import type { Field } from '#src/model/form.ts';
import type { Text } from '#src/model/language.ts';
import { type Xml, xml } from '#src/xmpp/stanza/xml.ts';
import { formElement } from './data-forms.ts';
import type { Extension, Request } from './extension.ts';

const POLICY = 'urn:xmpp:data-policy';
const HOUR = 3_600_000;

/** How what passes here is handled: by the gateway, as its settings have it, and by the network behind it. */
export const dataPolicy: Extension = {
  xep: { number: '0504', title: 'Data Policy', version: '0.1.0', part: 'without locations and backups' },
  form: (request) => (request.kind === 'gateway' ? xml`${ofGateway(request)}${ofNetwork(request)}` : undefined),
};

const single = (name: string, value: string): Field<string> => ({ name, type: 'text', value: [value] });
const one = (name: string, value: string): Field<string> => ({ name, type: 'choice', value: [value] });
const flag = (name: string, on: boolean): Field<string> => ({ name, type: 'boolean', value: [on ? 'true' : 'false'] });

/** §3.1 to §3.12. */
function ofGateway({ view: { transport }, service: { keeps, terms }, speak }: Request): Xml {
  const { advertised, definition, history } = transport;
  const archives = advertised.rooms && history.record;
  const hours = Math.ceil(Math.max(keeps.messages, keeps.files) / HOUR);
  const fields: Field<string>[] = [
    one('auth_data', definition.logins.length === 0 ? 'no_auth' : 'plain'),
    // Nothing takes what was said in rooms out of their archives by its age.
    single('data_retention', archives ? 'infinite' : String(hours)),
    flag('data_deletion', archives && advertised.room.includes('retract')),
    flag('encryption_at_rest', false),
    ...(terms === undefined ? [] : [single('tos', terms)]),
    { name: 'access_policy', type: 'choices', value: ['admins'] },
    // Others who were in a room keep what was said to them.
    flag('full_erasure', !archives),
    { name: 'extra_info', type: 'lines', value: wordsOn(archives, keeps).map((words) => words[speak()]) },
  ];
  return formElement({ fields }, { type: 'result', formType: `${POLICY}:0` });
}

function wordsOn(archives: boolean, { messages, files }: Request['service']['keeps']): Text[] {
  return [
    archives ? texts.archived : texts.notArchived,
    texts.messages(howLong(messages)),
    ...(files > 0 ? [texts.files(howLong(files))] : []),
    texts.sealed,
  ];
}

const howLong = (ms: number): Text =>
  ms % (24 * HOUR) === 0 ? texts.days(ms / (24 * HOUR)) : texts.hours(Math.ceil(ms / HOUR));

/** §3: what the network does with it is not ours to say. */
const ofNetwork = ({ identity: { type, name }, speak }: Request): Xml =>
  formElement(
    {
      fields: [
        single('data_retention', 'unknown'),
        { name: 'extra_info', type: 'lines', value: [texts.network(name)[speak()]] },
      ],
    },
    { type: 'result', formType: `${POLICY}:identity:gateway:${type}:0` },
  );
