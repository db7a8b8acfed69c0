import type { Element } from 'ltx';
import type { Core, Origin } from '#src/core/index.ts';
import type { Language } from '#src/model/language.ts';
import type { Answering, Sending } from '#src/xmpp/xep/extension.ts';
import { extensions } from '#src/xmpp/xep/index.ts';
import type { View } from './target.ts';

type AnswerParts<Link> = {
  core(): Core;
  /** The language in which the sender of a stanza is spoken to. */
  speaks(origin: Origin): Language;
  send(link: Link, sending: Sending): unknown;
  fail(origin: Origin, error: unknown): void;
};

const answerers = extensions.flatMap(({ answers }) => (answers ? [answers] : []));

/** Messages that an extension answers itself, and that go no further. */
export function openAnswers<Link>({ core, speaks, send, fail }: AnswerParts<Link>) {
  return {
    /** Answers a message, if it is such a one. Throws a `Failure`. */
    takes(stanza: Element, origin: Origin, { view, link }: { readonly view: View; readonly link: Link }): boolean {
      const answering: Answering = { view, core: core(), language: speaks(origin) };
      for (const answer of answerers) {
        const said = answer(stanza, answering);
        if (!said) continue;
        Promise.resolve(said).then(
          (all) => all.forEach((one) => void send(link, one)),
          (error: unknown) => fail(origin, error),
        );
        return true;
      }
      return false;
    },
  };
}
