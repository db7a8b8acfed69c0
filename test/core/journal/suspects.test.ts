import { describe, expect, it } from 'vitest';
import type { OpenCore } from '#src/core/core.ts';
import type { Event } from '#src/model/event.ts';
import type { ForeignId, XmppId } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import type { Store } from '#src/store/index.ts';
import { untilTrue } from '../../patience.ts';
import { tempFolder } from '../../store/folder.ts';
import { account, DELIVERED, DOMAIN, MINUTE, play, romeo, type World } from './journal-world.ts';

describe('what was under way when the process died three times', () => {
  const shown = ['x1', 'x2', 'x3'];
  const people = ['mercutio', 'benvolio', 'tybalt'];
  const contact = (id: string): Place => ({ kind: 'contact', account, id });
  const hears = (core: OpenCore, id: string, text: string) =>
    core.host.emit([
      {
        place: contact(id),
        from: { kind: 'network', id },
        kind: 'message',
        text,
        style: 'plain',
        ids: [text as ForeignId],
      },
    ]);
  const speaks = (core: OpenCore, id: string): void =>
    core.accept(
      { place: contact(id), from: { kind: 'xmpp', bare: romeo }, kind: 'message', text: id, style: 'plain' },
      { stanza: 'message', from: `${romeo}/x`, to: `${id}@${DOMAIN}`, type: 'chat', id: id as XmppId },
    );
  const texts = (events: readonly Event[]) => events.flatMap((event) => (event.kind === 'message' ? [event.text] : []));
  const owesNothing = async (store: Store): Promise<boolean> => {
    const { ready = 0, flight = 0 } = await store.journal.states();
    return ready + flight === 0;
  };
  /** What came, both ways, without the error for what is parked. */
  const arrived = ({ sent, told }: Pick<World, 'sent' | 'told'>) =>
    [...told, ...texts(sent)].filter((text) => !`${text}`.startsWith('error'));
  const until = (look: () => Promise<boolean> | boolean) => untilTrue(look);
  const again = { reconcile: async () => 'not-sent' as const };

  /** Both ways, nothing is heard of anything. */
  async function killedTwice(file: string): Promise<void> {
    await play(file, again, async ({ core, link, tells, sends }) => {
      link.silent = true;
      for (const text of shown) await hears(core, 'mercutio', text);
      for (const id of people) speaks(core, id);
      await tells(...shown);
      await sends(3);
    });
    await play(file, { ...again, down: true }, async ({ core, link, sends, told }) => {
      Object.assign(link, { silent: true, epoch: 2 });
      core.online(DOMAIN);
      await until(() => told.length === 3);
      await sends(3);
    });
  }

  it('is tried one at a time, and only the one of them that was under way then is parked', async () => {
    using dir = tempFolder();
    await killedTwice(dir.file('s.db'));
    let alone: unknown[] = [];
    await play(dir.file('s.db'), { ...again, down: true }, async ({ core, link, store, sent, told }) => {
      Object.assign(link, { silent: true, epoch: 3 });
      core.online(DOMAIN);
      await until(async () => {
        const { flight, ready } = await store.journal.states();
        return flight === 1 && ready === 5 && sent.length + told.length > 0;
      });
      // What is none of them goes beside it.
      speaks(core, 'juliet');
      await until(() => texts(sent).includes('juliet'));
      alone = [...told, ...texts(sent).filter((text) => text !== 'juliet')];
      expect(alone).toHaveLength(1);
    });
    await play(dir.file('s.db'), { ...again, deliver: () => DELIVERED }, async ({ core, store, ...world }) => {
      await until(() => owesNothing(store));
      await core.stop();
      expect((await store.journal.states()).parked).toBe(1);
      const rest = [...shown, ...people, 'juliet'].filter((text) => !alone.includes(text));
      expect(arrived(world).toSorted()).toEqual(rest.toSorted());
    });
  });

  it('is parked for nothing where it was tried alone and the process lived', async () => {
    using dir = tempFolder();
    await killedTwice(dir.file('s.db'));
    await play(dir.file('s.db'), { ...again, down: true }, async ({ core, clock, link, store, sent, told }) => {
      Object.assign(link, { silent: true, epoch: 3 });
      core.online(DOMAIN);
      // Nothing is heard of any of them: each makes room for the next one after a while.
      for (let tried = 1; tried < 6; tried++) {
        await until(() => sent.length + told.length === tried);
        clock.advance(MINUTE);
      }
      await until(() => sent.length + told.length === 6);
      await until(async () => (await store.journal.states()).flight === 6);
    });
    await play(dir.file('s.db'), { ...again, deliver: () => DELIVERED }, async ({ core, store, ...world }) => {
      await until(() => owesNothing(store));
      await core.stop();
      const { parked = 0 } = await store.journal.states();
      expect(parked).toBeLessThanOrEqual(1);
      expect(new Set(arrived(world)).size).toBe(6 - parked);
    });
  });
});
