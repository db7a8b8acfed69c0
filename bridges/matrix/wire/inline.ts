import { type Json, textOf } from './event.ts';

/** An image within words, and the attributes that say it in words. */
const IMAGE = /<img\b([^<>]*)>/gi;
const WORDS = /(?:^|\s)(?:alt|title)\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)')/i;
const SPOILER = /<span\b(?:[^<>]*?\s)?data-mx-spoiler(?:\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)'))?/i;

/** HTML in which images, as those of custom emoji are, stand as the words that they have beside them (client-server API §11.5). Pure. */
export const withoutImages = (html: string): string =>
  html.replace(IMAGE, (_whole, attributes: string) => {
    const [, double, single] = WORDS.exec(attributes) ?? [];
    return double ?? single ?? '';
  });

/** What the first spoiler of HTML is about (§11.6), as HTML; nothing where there is none, empty where it does not say. Pure. */
export function spoilerIn(html: string): string | undefined {
  const found = SPOILER.exec(html);
  return found ? (found[1] ?? found[2] ?? '') : undefined;
}

/** What says that a picture is hidden at first (MSC4193), by the name that clients have now and the one that it will have. */
const [VEIL, STABLE] = ['page.codeberg.everypizza.msc4193.spoiler', 'm.spoiler'];

/** What a picture is about that is hidden at first; nothing for one that is shown, empty where it does not say. Pure. */
export const veilIn = (content: Json): string | undefined =>
  [VEIL, STABLE].flatMap((name) => (content[name] === true ? [textOf(content[`${name}.reason`]) ?? ''] : []))[0];

/** What hides a picture at first, with what it is about. Pure. */
export const veiled = (about: string | undefined): Json =>
  about === undefined ? {} : { [VEIL]: true, ...(about !== '' && { [`${VEIL}.reason`]: about }) };
