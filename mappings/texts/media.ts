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
  noPicture: {
    en: 'Your client does not give the picture that is in the text.',
    de: 'Ihr Programm gibt das Bild nicht heraus, das im Text steht.',
  },
  encrypted: {
    en: 'Encrypted files cannot cross this gateway. Switch encryption off for this conversation, and send the file again.',
    de: 'Verschlüsselte Dateien kommen nicht durch dieses Gateway. Schalten Sie die Verschlüsselung für diese Unterhaltung aus und senden Sie die Datei noch einmal.',
  },
});
