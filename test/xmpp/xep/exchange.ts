import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Element } from 'ltx';
import type { Core } from '#src/core/index.ts';
import { Failure } from '#src/model/failure.ts';
import { route, type Surroundings } from '#src/xmpp/stanza/router.ts';
import type { View } from '#src/xmpp/stanza/target.ts';
import type { Xml } from '#src/xmpp/stanza/xml.ts';
import type { Extension } from '#src/xmpp/xep/extension.ts';
import { core, ROMEO_X, stanza, surroundings } from '../invented.ts';

type Exports = Readonly<Record<string, unknown>>;

const FOLDERS = ['xep', 'muc'].map((name) => join(import.meta.dirname, '../../../src/xmpp', name));

/** The sources of extensions, by their numbers. */
const modules: ReadonlyMap<string, Exports> = new Map(
  (
    await Promise.all(
      FOLDERS.flatMap((folder) =>
        readdirSync(folder).map((file): Promise<Exports> => import(pathToFileURL(join(folder, file)).href)),
      ),
    )
  ).flatMap((module) => Object.values(module).flatMap((one) => (isExtension(one) ? [[one.xep.number, module]] : []))),
);

function isExtension(value: unknown): value is Extension {
  return typeof value === 'object' && value !== null && 'xep' in value;
}

/** What the core says as soon as it is asked; all else it promises. */
const AT_ONCE = new Set(['offered', 'begun', 'info', 'occupants', 'isMember', 'picture', 'realms']);

/** A core that answers what is asked of `dialogues.offered` and the like with what is given. */
function answering(known: Readonly<Record<string, unknown>>): Core {
  const base = core() as unknown as Record<string, object>;
  for (const [path, value] of Object.entries(known)) {
    const [first = '', second] = path.split('.');
    const answer = () => (AT_ONCE.has(second ?? first) ? value : Promise.resolve(value));
    base[first] = second === undefined ? answer : { ...base[first], [second]: answer };
  }
  return base as unknown as Core;
}

/** What the gateway answers to an IQ of Romeo's, and what it says before. `known`: what the core knows, and of the `service`. */
export async function asked(text: string, known: Readonly<Record<string, unknown>>, view: View): Promise<string> {
  const iq = stanza(text);
  iq.attrs.from ??= ROMEO_X;
  iq.attrs.id ??= 'i1';
  const { service, ...cored } = known;
  const told: Xml[] = [];
  const plain = surroundings();
  const around: Surroundings = {
    ...plain,
    view,
    core: answering(cored),
    service: { ...plain.service, ...(service as object) },
    tell: (_from, _to, children) => void told.push(...children),
  };
  try {
    const answer = await route(iq, around);
    return `${told.join('')}${answer ?? ''}`;
  } catch (error) {
    if (error instanceof Failure) return `${error.code}: ${error.message}`;
    throw error;
  }
}

/**
 * What a function of an extension makes of arguments: JSON, in which a text that begins with `<` is an element that was
 * read, `{"$": [NAME, ...]}` the result of another of its functions, and `{"$": "view"}` what is known of the place.
 */
export function called(number: string, text: string, view: View): unknown {
  const [, name = '', list] = /^(\S+)\s*(.*)$/s.exec(text) ?? [];
  const module = modules.get(number) ?? {};
  const valued = (given: unknown): unknown => {
    if (typeof given === 'string') return given.startsWith('<') ? element(given) : given;
    if (Array.isArray(given)) return given.map(valued);
    if (typeof given !== 'object' || given === null) return given;
    if (!('$' in given)) return Object.fromEntries(Object.entries(given).map(([key, value]) => [key, valued(value)]));
    if (given.$ === 'view') return view;
    const [inner, ...more] = given.$ as [string, ...unknown[]];
    return run(inner, more);
  };
  const run = (of: string, given: readonly unknown[]): unknown => {
    const found = module[of];
    if (found === undefined) throw new Error(`${number} has no ${of}`);
    return typeof found === 'function' ? found(...given.map(valued)) : found;
  };
  const result = run(name, JSON.parse(list || '[]'));
  const isXml = (value: unknown): boolean => typeof value === 'object' && String(value).startsWith('<');
  if (Array.isArray(result) && result.length > 0 && result.every(isXml)) return result.join('');
  return isXml(result) ? String(result) : result;
}

/** An element as it stands in a stanza, or is one. */
function element(text: string): Element {
  if (/^<(?:message|presence|iq)\b/.test(text)) return stanza(text);
  const [only] = stanza(`<message>${text}</message>`).children;
  if (!(only instanceof Element)) throw new Error(`no element: ${text}`);
  return only;
}
