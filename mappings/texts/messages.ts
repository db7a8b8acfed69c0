import { type Words, wordsIn } from '#src/model/language.ts';
import { catalogue } from './catalogue.ts';

/** Why a message did not go, and what became of it. */
export const messageTexts = catalogue({
  nobodyReads: {
    en: 'Nobody reads what is written to this address. Write to a person or to a room.',
    de: 'Was an diese Adresse geschrieben wird, liest niemand. Schreiben Sie an eine Person oder einen Raum.',
  },
  encrypted: {
    en: 'Encrypted messages cannot cross this gateway. Switch encryption off for this conversation.',
    de: 'Verschlüsselte Nachrichten kommen nicht durch dieses Gateway. Schalten Sie die Verschlüsselung für diese Unterhaltung aus.',
  },
  broke: (id: string) => ({
    en: `Something broke in the gateway. Its log knows more under ${id}.`,
    de: `Im Gateway ist ein Fehler aufgetreten. Sein Protokoll weiß unter ${id} mehr.`,
  }),
  aboutUnknown: {
    en: 'The message that this is about is not known.',
    de: 'Die Nachricht, auf die sich das bezieht, ist nicht bekannt.',
  },
  notTheirs: {
    en: 'Only who has written a message can change it or take it back.',
    de: 'Nur wer eine Nachricht geschrieben hat, kann sie ändern oder zurücknehmen.',
  },
  onlyReactions: (among: string) => ({
    en: `Only these reactions can be had there: ${among}`,
    de: `Dort gibt es nur diese Reaktionen: ${among}`,
  }),
  mostReactions: (most: number) => ({
    en: `At most ${most} ${most === 1 ? 'reaction' : 'reactions'} to a message can be had there.`,
    de: `Dort ${most === 1 ? 'ist höchstens 1 Reaktion' : `sind höchstens ${most} Reaktionen`} auf eine Nachricht möglich.`,
  }),
  noSearchBy: (name: string) => ({
    en: `The archive cannot be searched by ${name}.`,
    de: `Das Archiv lässt sich nicht nach ${name} durchsuchen.`,
  }),
  noTime: (name: string) => ({
    en: `${name} is no time as XEP-0082 has it.`,
    de: `${name} ist keine Zeitangabe nach XEP-0082.`,
  }),
  mostIds: (most: number) => ({ en: `At most ${most} ids at a time.`, de: `Höchstens ${most} Kennungen auf einmal.` }),
  nothingSaid: { en: 'Nothing was said of a message.', de: 'Über eine Nachricht wurde nichts mitgeteilt.' },
  cannotKeep: {
    en: 'The gateway cannot keep this at the moment.',
    de: 'Das Gateway kann das im Moment nicht aufheben.',
  },
  cannotKeepNow: {
    en: 'The gateway cannot keep this at the moment. Try again later.',
    de: 'Das Gateway kann das im Moment nicht aufheben. Versuchen Sie es später noch einmal.',
  },
  suspected: {
    en: 'The gateway stopped while this was being sent, and it is not known whether it arrived.',
    de: 'Das Gateway wurde beendet, während das verschickt wurde. Ob es ankam, ist nicht bekannt.',
  },
  expired: { en: 'This could not be delivered in time.', de: 'Das konnte nicht rechtzeitig zugestellt werden.' },
  delayed: (since: string) => ({
    en: `[notice] Your message is delayed since ${since} UTC. It is still being tried.`,
    de: `[Hinweis] Ihre Nachricht verzögert sich seit ${since} UTC. Die Zustellung wird weiter versucht.`,
  }),
  notReached: (to: string, why: Words) => ({
    en: `[notice] Your message did not reach ${to}: ${wordsIn(why, 'en')}`,
    de: `[Hinweis] Ihre Nachricht hat ${to} nicht erreicht: ${wordsIn(why, 'de')}`,
  }),
  partly: (taken: number, parts: number, why: Words) => ({
    en: `Only ${taken} of ${parts} parts of this have arrived. ${wordsIn(why, 'en')}`,
    de: `Davon sind nur ${taken} von ${parts} Teilen angekommen. ${wordsIn(why, 'de')}`,
  }),
  whileAway: (count: number) => ({
    en: `[While you were away: ${count} messages]`,
    de: `[Während Ihrer Abwesenheit: ${count} Nachrichten]`,
  }),
  dropped: {
    en: 'The operator of the gateway has taken this message out of its queue.',
    de: 'Der Betreiber des Gateways hat diese Nachricht aus der Warteschlange genommen.',
  },
});
