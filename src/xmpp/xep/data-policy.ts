// XEP-0504: Data Policy, version 0.1.0.
import type { Field } from '#src/model/form.ts';
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
function ofGateway({ view: { transport }, service: { keeps, terms } }: Request): Xml {
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
    { name: 'extra_info', type: 'lines', value: wordsOn(archives, keeps) },
  ];
  return formElement({ fields }, { type: 'result', formType: `${POLICY}:0` });
}

function wordsOn(archives: boolean, { messages, files }: Request['service']['keeps']): string[] {
  return [
    archives ? 'What is said in rooms is kept for those who were there.' : 'What is said in rooms is not kept.',
    `The text of a message to a person goes once it is delivered; that it was there is known for ${inWords(messages)}.`,
    ...(files > 0 ? [`Files can be fetched for ${inWords(files)}.`] : []),
    'Passwords are sealed with a key of their own.',
  ];
}

const inWords = (ms: number): string =>
  ms % (24 * HOUR) === 0 ? `${ms / (24 * HOUR)} days` : `${Math.ceil(ms / HOUR)} hours`;

/** §3: what the network does with it is not ours to say. */
const ofNetwork = ({ identity: { type, name } }: Request): Xml =>
  formElement(
    {
      fields: [
        single('data_retention', 'unknown'),
        { name: 'extra_info', type: 'lines', value: [`${name} has rules of its own for what reaches it.`] },
      ],
    },
    { type: 'result', formType: `${POLICY}:identity:gateway:${type}:0` },
  );
