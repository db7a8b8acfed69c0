import { catalogue } from './catalogue.ts';

/** Why a file does not cross. */
export const mediaTexts = catalogue({
  noRoom: {
    en: 'There is no room left for files. Earlier ones expire with time.',
    de: 'Für Dateien ist kein Platz mehr. Frühere verfallen mit der Zeit.',
  },
  longName: { en: 'This file has too long a name.', de: 'Der Name dieser Datei ist zu lang.' },
  noPictures: {
    en: 'Pictures within a text cannot cross here. Please send them as files.',
    de: 'Bilder in einem Text kommen hier nicht durch. Bitte als Dateien senden.',
  },
  noFiles: { en: 'This gateway keeps no files.', de: 'Dieses Gateway hebt keine Dateien auf.' },
  noAddress: { en: 'This gateway has no public address.', de: 'Dieses Gateway hat keine öffentliche Adresse.' },
  tooLarge: (most: string) => ({
    en: `This file is too large: the other network takes ${most} at most.`,
    de: `Diese Datei ist zu groß: Das andere Netz nimmt höchstens ${most}.`,
  }),
  tooMany: {
    en: 'Too many of your files are on their way at once. Send this one again in a little while.',
    de: 'Es sind zu viele Ihrer Dateien gleichzeitig unterwegs. Senden Sie diese bald noch einmal.',
  },
  notThere: {
    en: 'The file is not to be had where your message says that it is.',
    de: 'Die Datei ist dort nicht zu bekommen, wo sie laut Ihrer Nachricht liegt.',
  },
  notFetched: {
    en: 'The file could not be fetched from where your message says that it is.',
    de: 'Die Datei ließ sich von dort nicht abrufen, wo sie laut Ihrer Nachricht liegt.',
  },
  closed: {
    en: 'The file is at an address that is not public, from which this gateway may not fetch. Those who run it can change that.',
    de: 'Die Datei liegt unter einer Adresse, die nicht öffentlich ist und von der dieses Gateway nichts abrufen darf. Wer es betreibt, kann das ändern.',
  },
  otherType: {
    en: 'What lies at the address of the file is something else than your message says.',
    de: 'Unter der Adresse der Datei liegt etwas anderes, als Ihre Nachricht sagt.',
  },
  otherBytes: {
    en: 'The file is not the one that your message describes: its hash is another.',
    de: 'Die Datei ist nicht die, die Ihre Nachricht beschreibt: Ihre Prüfsumme ist eine andere.',
  },
  noPicture: {
    en: 'Your client does not give the picture that is in the text.',
    de: 'Ihr Programm gibt das Bild nicht heraus, das im Text steht.',
  },
  encrypted: {
    en: 'Encrypted files cannot cross this gateway. Switch encryption off for this conversation, and send the file again.',
    de: 'Verschlüsselte Dateien kommen nicht durch dieses Gateway. Schalten Sie die Verschlüsselung für diese Unterhaltung aus und senden Sie die Datei noch einmal.',
  },
});
