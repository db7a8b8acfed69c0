/** The keywords that carriers and providers honour everywhere. */
const STOP = ['stop', 'stopall', 'stop all', 'unsubscribe', 'cancel', 'end', 'quit', 'revoke', 'optout', 'opt out'];
const START = ['start', 'unstop', 'yes'];
const HELP = ['help', 'info'];

type Words = { readonly stop: readonly string[]; readonly start: readonly string[]; readonly help: readonly string[] };

/** What is said in other tongues, by the country of our number. */
const COUNTRIES: Readonly<Record<string, Words>> = {
  AT: { stop: ['stopp', 'abmelden'], start: ['anmelden'], help: ['hilfe'] },
  BR: { stop: ['pare', 'parar', 'sair'], start: ['iniciar'], help: ['ajuda'] },
  CA: { stop: ['arret', 'arrêt'], start: [], help: ['aide'] },
  CH: { stop: ['stopp', 'abmelden', 'arret', 'arrêt'], start: ['anmelden'], help: ['hilfe', 'aide'] },
  DE: { stop: ['stopp', 'abmelden'], start: ['anmelden'], help: ['hilfe'] },
  ES: { stop: ['baja', 'alto', 'parar'], start: ['alta'], help: ['ayuda'] },
  FR: { stop: ['arret', 'arrêt'], start: [], help: ['aide'] },
  IT: { stop: ['fine', 'ferma'], start: ['inizia'], help: ['aiuto'] },
  MX: { stop: ['baja', 'alto', 'parar'], start: ['alta'], help: ['ayuda'] },
  NL: { stop: ['stoppen', 'afmelden'], start: ['aanmelden'], help: ['hulp'] },
};

export type Keyword = 'stop' | 'start' | 'help';

/**
 * The keyword that a text is, if it is exactly one: case, surrounding space and a mark at the end do not count. `yes`
 * opts in only where somebody has opted out, or it would be an ordinary word.
 */
export function keywordOf(text: string, country: string | undefined, optedOut: boolean): Keyword | undefined {
  const word = text.trim().toLowerCase().replace(/[.!]$/, '').replace(/\s+/g, ' ');
  const more = country === undefined ? undefined : COUNTRIES[country];
  const is = (common: readonly string[], local: readonly string[] = []) =>
    common.includes(word) || local.includes(word);
  if (is(STOP, more?.stop)) return 'stop';
  if (is(START, more?.start) && (word !== 'yes' || optedOut)) return 'start';
  return is(HELP, more?.help) ? 'help' : undefined;
}
