import type {
  Direction,
  Feature,
  Ladder,
  Level,
  Levels,
  NetworkMapping,
  Target,
  TextFormat,
  TextLimits,
} from '#src/model/capabilities.ts';
import { wordsIn } from '#src/model/language.ts';
import { rungsOf } from './ladders.ts';
import { levelIn } from './parts.ts';
import { inward, outward } from './targets.ts';
import { TITLES } from './titles.ts';

const FEATURES = Object.keys(TITLES) as Feature[];

/** A network with the name that people know it by. */
export type TitledMapping = { readonly title: string; readonly mapping: NetworkMapping };

const INTRO = `# What crosses, and what becomes of the rest

This page is rendered from the tables in \`mappings/\` by \`npm run docs\`. **Bold** is what happens unless something else
is chosen. A choice stands by its name under \`mapping:\` of a transport, such as \`mapping: { reaction: drop }\`, and
under \`mapping: { in: { ... } }\` for what comes from the network. Users choose for themselves what the operator has not
put under \`fixed\`: among their settings when they register, and for one conversation by writing \`mapping ADDRESS\` to
the gateway. What an XMPP client does not know stands in the text of the same message. In a room this is what its network
sees: those who are there from XMPP have corrections, retractions, reactions, replies and files of each other as they are.`;

/** `docs/features.md`: for each network and direction what is carried and what happens otherwise. Pure. */
export function renderFeatures(networks: readonly TitledMapping[]): string {
  return `${[INTRO, ...networks.map(network)].join('\n\n')}\n`;
}

function network({ title, mapping }: TitledMapping): string {
  const { facts } = mapping;
  return [
    `## ${title}`,
    [limits(facts.text), ...reactionLimits(facts)].join(' '),
    `### From XMPP to ${title}`,
    table(FEATURES, outward(mapping)),
    `### From ${title} to XMPP`,
    table(
      FEATURES.filter((feature) => levelOf(mapping, 'in', feature) !== 'none'),
      inward(mapping),
    ),
    `Nothing else comes from ${title}.`,
  ].join('\n\n');
}

const UNITS: Readonly<Record<TextLimits['unit'], string>> = {
  bytes: 'bytes of UTF-8',
  escaped: 'bytes of XML',
  characters: 'characters',
  segments: 'SMS segments',
};

const FORMATS: Readonly<Record<TextFormat, string>> = {
  plain: 'The marks of XEP-0393 stay as they were typed, without backticks and fences.',
  styling: 'It is styled by XEP-0393.',
  html: 'The marks of XEP-0393 become HTML, and the other way round.',
  codes: 'The marks of XEP-0393 become codes of mIRC, and the other way round.',
};

const limits = ({ format, unit, size, pieces, lines }: TextLimits): string =>
  [
    `A text is sent in pieces of at most ${size} ${UNITS[unit]}${lines ? '' : ', a piece for each line'}, and is too long above ${pieces} ${pieces === 1 ? 'piece' : 'pieces'}.`,
    FORMATS[format],
  ].join(' ');

/** XEP-0444 §2.2 */
function reactionLimits({ reactions: { most, among } = {} }: NetworkMapping['facts']): string[] {
  return [
    ...(most === undefined
      ? []
      : [`Somebody may have at most ${most} ${most === 1 ? 'reaction' : 'reactions'} to a message.`]),
    ...(among === undefined ? [] : [`Only these reactions can be had: ${among.join(' ')}`]),
  ];
}

/** Files are carried in part where some type is. */
const levelOn = (levels: Levels, files: Target['files'], feature: Feature): Level =>
  feature === 'file' && Object.keys(files).length > 0 ? 'partial' : levelIn(levels, feature);

function levelOf({ facts }: NetworkMapping, direction: Direction, feature: Feature): Level {
  return levelOn(facts[direction], facts.files, feature);
}

const SAYS: Readonly<Record<Level, string>> = { full: 'yes', partial: 'partly', none: 'no' };

/** One row for each feature that the target carries or has something to say about. */
function table(features: readonly Feature[], target: Target): string {
  const rows = features.flatMap((feature) => {
    const level = levelOn(target.levels, target.files, feature);
    const ladder: Ladder | undefined = target.ladders[feature];
    if (level === 'none' && !ladder) return [];
    const carried = feature === 'long' ? '' : SAYS[level];
    return [
      `| ${TITLES[feature].en} | \`${feature}\` | ${carried} | ${level === 'full' || !ladder ? '' : choices(ladder, level)} |`,
    ];
  });
  return ['| what | name | carried | otherwise |', '|---|---|---|---|', ...rows].join('\n');
}

function choices(ladder: Ladder, level: Level): string {
  const rungs = rungsOf(ladder).map(([name, { does, keeps }]) => {
    const shown = name === ladder.default ? `**${name}**` : name;
    return `${shown}: ${wordsIn(does, 'en').replaceAll('|', '\\|')}${keeps && level === 'none' ? ' (where the network can)' : ''}`;
  });
  const wait = ladder.window === undefined ? '' : ` (waits up to ${ladder.window / 1000} s for the next)`;
  return rungs.join('; ') + wait;
}
