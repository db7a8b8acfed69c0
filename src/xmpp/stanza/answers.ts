import type { Element } from 'ltx';
import type { Core, Origin } from '#src/core/index.ts';
import type { Language } from '#src/model/language.ts';
import type { Sending } from '#src/xmpp/xep/extension.ts';
import { extensions } from '#src/xmpp/xep/index.ts';
import { indexed, matches } from './child-index.ts';
import type { View } from './target.ts';

type AnswerParts<Link> = {
  core(): Core;
  /** The language in which the sender of a stanza is spoken to. */
  speaks(origin: Origin): Language;
  send(link: Link, sending: Sending): unknown;
  fail(origin: Origin, error: unknown): void;
};

const answerers = indexed(extensions, ({ answers }) => answers);

/** Messages that an extension answers itself, and that go no further. */
export function openAnswers<Link>({ core, speaks, send, fail }: AnswerParts<Link>) {
  return {
    /** Answers a message, if it is such a one. Throws a `Failure`. */
    takes(stanza: Element, origin: Origin, { view, link }: { readonly view: View; readonly link: Link }): boolean {
      for (const { child, value: answer } of matches(stanza, answerers)) {
        const said = answer(child, stanza, { view, core: core(), language: speaks(origin) });
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
