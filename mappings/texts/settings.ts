import type { Text } from '#src/model/language.ts';
import { catalogue } from './catalogue.ts';

/** What people can set for themselves, and the commands for it. */
export const settingTexts = catalogue({
  stayConnected: {
    en: 'Stay connected while you are offline',
    de: 'Verbunden bleiben, während Sie offline sind',
  },
  persistent: {
    en: 'Stay in your rooms while you are offline',
    de: 'In den Räumen bleiben, während Sie offline sind',
  },
  digest: {
    en: 'One message for what comes while you are offline or not to be disturbed',
    de: 'Eine Nachricht für alles, was kommt, während Sie offline sind oder nicht gestört werden wollen',
  },
  recordHistory: { en: 'Keep what is said in your rooms', de: 'Aufbewahren, was in Ihren Räumen gesagt wird' },
  historyLength: {
    en: 'How many earlier messages you are shown when you join',
    de: 'Wie viele frühere Nachrichten Sie beim Betreten sehen',
  },
  persistentHere: {
    en: 'Stay in this room while you are offline',
    de: 'In diesem Raum bleiben, während Sie offline sind',
  },
  recordHistoryHere: { en: 'Keep what is said here', de: 'Aufbewahren, was hier gesagt wird' },
  asEverywhere: { en: 'as in all rooms', de: 'wie in allen Räumen' },
  yes: { en: 'yes', de: 'ja' },
  no: { en: 'no', de: 'nein' },
  language: { en: 'Language of what the gateway tells you', de: 'Sprache, in der das Gateway Ihnen schreibt' },
  account: { en: 'Your settings', de: 'Ihre Einstellungen' },
  accountHow: {
    en: 'They hold for you everywhere on this gateway. What you do not change stays as it is.',
    de: 'Sie gelten für Sie überall in diesem Gateway. Was Sie nicht ändern, bleibt, wie es ist.',
  },
  realm: { en: 'Your settings of this server', de: 'Ihre Einstellungen für diesen Server' },
  realmHow: {
    en: 'They hold for you on this server. What you do not change stays as it is; passwords are not shown.',
    de: 'Sie gelten für Sie auf diesem Server. Was Sie nicht ändern, bleibt, wie es ist; Passwörter werden nicht gezeigt.',
  },
  room: { en: 'Settings of this room', de: 'Einstellungen dieses Raums' },
  roomHow: {
    en: 'They hold for you in this room. What you do not change stays as it is.',
    de: 'Sie gelten für Sie in diesem Raum. Was Sie nicht ändern, bleibt, wie es ist.',
  },
  done: { en: 'This is how it is set now.', de: 'So ist es jetzt eingestellt.' },
  choices: {
    en: 'What becomes of what the other side does not know',
    de: 'Was aus dem wird, was die andere Seite nicht kennt',
  },
  choicesHere: {
    en: 'What becomes here of what the other side does not know',
    de: 'Was hier aus dem wird, was die andere Seite nicht kennt',
  },
  choicesAlone: {
    en: 'This holds for this conversation alone.',
    de: 'Das gilt nur für diese Unterhaltung.',
  },
  choicesDone: {
    en: 'This is how it is done here from now on.',
    de: 'So wird es hier von jetzt an gemacht.',
  },
  choicesFull: (most: number) => ({
    en: `You have chosen for ${most} conversations, and more are not kept.`,
    de: `Sie haben schon für ${most} Unterhaltungen gewählt, mehr werden nicht gemerkt.`,
  }),
  what: { en: 'What', de: 'Was' },
  asUsual: (rung: string) => ({ en: `as usual (${rung})`, de: `wie üblich (${rung})` }),
});

/** The options of the setting `language`. Each language is called by its own name, so that everybody finds theirs. */
export const LANGUAGE_NAMES: Readonly<Record<string, Text>> = {
  automatic: { en: 'as your client has it', de: 'wie Ihr Programm es angibt' },
  en: { en: 'English', de: 'English' },
  de: { en: 'Deutsch', de: 'Deutsch' },
};
