import type { Element } from 'ltx';
import type { Log } from '#src/lib/log.ts';
import { splitJid } from '#src/xmpp/stanza/jid.ts';
import type { Ask } from '#src/xmpp/stream/requests.ts';
import {
  infoQuestion,
  itemsIn,
  itemsQuestion,
  limitIn,
  type Slot,
  slotIn,
  slotQuestion,
  UPLOAD,
  type UploadedFile,
} from '#src/xmpp/xep/http-upload.ts';
import type { ForUser, Privileges } from './privileges.ts';

/** Where the servers of users take files (XEP-0363). */
export type UploadServices = {
  /** A place for a file of a user; nothing where their server has none for it. Never rejects. */
  slot(who: ForUser, file: UploadedFile): Promise<Slot | undefined>;
};

type Service = { readonly jid: string; readonly most: number };
type Parts = {
  readonly links: ReadonlyMap<string, { request(ask: Ask): Promise<Element> }>;
  readonly privileges: Privileges;
  readonly log: Log;
  now(): number;
};

/** How long is remembered what a server has, and what refuses us, in ms; how long an answer may take. */
const REMEMBERED = 3_600_000;
const PATIENCE = 10_000;
/** Services of a server that are asked. */
const ITEMS = 50;

export function openUploadServices({ links, privileges, log, now }: Parts): UploadServices {
  /** By the domain of users. */
  const services = new Map<string, { readonly found: Promise<Service | undefined>; readonly until: number }>();

  async function find(domain: string, transport: string): Promise<Service | undefined> {
    const ask = (to: string, payload: Ask['payload']) =>
      links.get(transport)?.request({ to, payload, timeout: PATIENCE });
    const items = await ask(domain, itemsQuestion);
    // XEP-0363 §4: the server itself may be it.
    const jids = items ? [...itemsIn(items).slice(0, ITEMS), domain] : [];
    // Together: one that does not answer keeps nobody waiting for the others.
    const found = await Promise.all(
      jids.map(async (jid) => ({ jid, most: await ask(jid, infoQuestion)?.then(limitIn, () => undefined) })),
    );
    return found.find((one): one is Service => one.most !== undefined);
  }

  function serviceOf(domain: string, transport: string): Promise<Service | undefined> {
    const known = services.get(domain);
    if (known && known.until > now()) return known.found;
    const found = find(domain, transport).catch((err: unknown) => {
      log.debug({ err, domain }, 'a server was not asked where it takes files');
      return undefined;
    });
    services.set(domain, { found, until: now() + REMEMBERED });
    return found;
  }

  /** On the user's own quota where their server lets us ask so (XEP-0356 §4.1), on ours where it takes that. */
  async function ask(who: ForUser, { jid }: Service, file: UploadedFile): Promise<Slot | undefined> {
    const payload = slotQuestion(file);
    if (privileges.of(who)?.iq(UPLOAD, 'get'))
      return slotIn(await privileges.ask(who, { namespace: UPLOAD, type: 'get', payload, to: jid }));
    const answer = await links.get(who.transport)?.request({ to: jid, payload, timeout: PATIENCE });
    return slotIn(answer?.getChild('slot', UPLOAD));
  }

  return {
    async slot(who, file) {
      const service = await serviceOf(splitJid(who.user).domain, who.transport);
      if (!service || file.size > service.most) return undefined;
      return ask(who, service, file).catch((err: unknown) => {
        log.warn({ err, service: service.jid }, 'a server gives no place for a file');
        return undefined;
      });
    },
  };
}
