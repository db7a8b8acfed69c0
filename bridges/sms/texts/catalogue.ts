import { catalogue } from '#mappings/texts/catalogue.ts';
import { type Words, wordsIn } from '#src/model/language.ts';

/** What users are told of texts to phones. What phones are sent is English, or what the operator has put in its place. */
export const texts = catalogue({
  prompt: {
    en: 'Enter a telephone number, with its country code where it is abroad.',
    de: 'Geben Sie eine Telefonnummer ein, im Ausland mit der Ländervorwahl.',
  },
  promptLabel: { en: 'Number', de: 'Nummer' },
  name: {
    en: 'The name under which phones get your texts. Empty: from your address',
    de: 'Der Name, unter dem Telefone Ihre SMS bekommen. Leer: aus Ihrer Adresse',
  },
  ours: {
    en: 'The number of this gateway was refused. Its operator has been told.',
    de: 'Die Nummer dieses Gateways wurde abgelehnt. Der Betreiber weiß Bescheid.',
  },
  noTexts: { en: 'This number cannot get texts.', de: 'Diese Nummer kann keine SMS empfangen.' },
  unwanted: {
    en: 'The recipient wants no texts from here.',
    de: 'Der Empfänger möchte von hier keine SMS.',
  },
  route: {
    en: 'The route to this number does not permit this text.',
    de: 'Der Weg zu dieser Nummer lässt diese SMS nicht zu.',
  },
  unreached: { en: 'The phone could not be reached.', de: 'Das Telefon war nicht erreichbar.' },
  cancelled: { en: 'The text was cancelled.', de: 'Die SMS wurde abgebrochen.' },
  undelivered: { en: 'The text could not be delivered.', de: 'Die SMS konnte nicht zugestellt werden.' },
  notAccepted: {
    en: 'The provider did not accept this text.',
    de: 'Der Anbieter hat diese SMS nicht angenommen.',
  },
  endlessList: { en: 'The list of the provider has no end.', de: 'Die Liste des Anbieters hat kein Ende.' },
  fileLost: {
    en: '[A file came with this text, and could not be fetched.]',
    de: '[Mit dieser SMS kam eine Datei, die nicht abgeholt werden konnte.]',
  },
  emergency: {
    en: 'This cannot reach emergency services. Call by phone.',
    de: 'Notrufe sind so nicht möglich. Rufen Sie mit dem Telefon an.',
  },
  ownNumber: {
    en: 'This is a number of the gateway itself.',
    de: 'Das ist eine Nummer des Gateways selbst.',
  },
  costsExtra: {
    en: 'Numbers that cost extra are not written to.',
    de: 'An Nummern mit Zusatzkosten wird nicht geschrieben.',
  },
  country: (country: string) => ({
    en: `Texts to ${country} are not permitted by the operator of this gateway.`,
    de: `SMS nach ${country} lässt der Betreiber dieses Gateways nicht zu.`,
  }),
  thisCountry: {
    en: 'Texts to this country are not permitted by the operator of this gateway.',
    de: 'SMS in dieses Land lässt der Betreiber dieses Gateways nicht zu.',
  },
  noNumber: {
    en: 'There is no number from which you could write to them.',
    de: 'Es gibt keine Nummer, von der Sie dorthin schreiben könnten.',
  },
  stopped: {
    en: 'They answered STOP: no more texts may be sent to them from here.',
    de: 'Von dort kam STOP: Von hier darf dorthin keine SMS mehr gehen.',
  },
  blocked: {
    en: 'You have ended your texts to this number. "unblock", written to the gateway, undoes it.',
    de: 'Sie haben Ihre SMS an diese Nummer beendet. „unblock“, an das Gateway geschrieben, hebt das auf.',
  },
  block: { en: 'No more texts from you to this number', de: 'Keine SMS mehr von Ihnen an diese Nummer' },
  unblock: { en: 'Texts from you to this number again', de: 'Wieder SMS von Ihnen an diese Nummer' },
  blockedNow: (their: string) => ({
    en: `Nothing more is sent from you to ${their}, until they write START or you "unblock ${their}".`,
    de: `Von Ihnen geht nichts mehr an ${their}, bis von dort START kommt oder Sie „unblock ${their}“ schreiben.`,
  }),
  unblockedNow: (their: string) => ({
    en: `Your texts go to ${their} again, unless they have answered STOP.`,
    de: `Ihre SMS gehen wieder an ${their}, sofern von dort nicht STOP kam.`,
  }),
  wantsNoMore: (their: string, gateway: string) => ({
    en: `They seem to want no more texts. To end yours, write "block ${their}" to ${gateway}.`,
    de: `Dort sind anscheinend keine SMS mehr erwünscht. Um Ihre zu beenden, schreiben Sie „block ${their}“ an ${gateway}.`,
  }),
  filesAsLinks: { en: 'Files go as links.', de: 'Dateien werden als Links geschickt.' },
  mostFiles: (most: number) => ({
    en: `At most ${most} files go at once.`,
    de: `Höchstens ${most} Dateien auf einmal.`,
  }),
  nothingToSend: {
    en: 'There is nothing to send in this message.',
    de: 'In dieser Nachricht ist nichts zu senden.',
  },
  segments: (segments: number, most: number) => ({
    en: `This would take ${segments} SMS segments, and at most ${most} are sent at once.`,
    de: `Das wären ${segments} SMS-Segmente, und höchstens ${most} werden auf einmal verschickt.`,
  }),
  address: {
    en: 'An address here is a number with its country code, such as +15550100123.',
    de: 'Eine Adresse ist hier eine Nummer mit Ländervorwahl, zum Beispiel +15550100123.',
  },
  countryCode: {
    en: 'Write the number with its country code, such as +15550100123.',
    de: 'Schreiben Sie die Nummer mit ihrer Ländervorwahl, zum Beispiel +15550100123.',
  },
  noTelephone: { en: 'This is not a telephone number.', de: 'Das ist keine Telefonnummer.' },
  extension: {
    en: 'A text reaches no extension. Write the number of a phone of its own.',
    de: 'Eine Durchwahl ist per SMS nicht erreichbar. Geben Sie die Nummer eines eigenen Telefons an.',
  },
  nameOnly: {
    en: 'This sender has a name only, and cannot be answered.',
    de: 'Dieser Absender hat nur einen Namen und kann keine Antwort bekommen.',
  },
  formOpen: {
    en: 'Another form is open for this number. Send this one when that has been answered.',
    de: 'Für diese Nummer ist schon ein Formular offen. Schicken Sie dieses, wenn es beantwortet ist.',
  },
  badCode: { en: 'A code has four to eight digits.', de: 'Ein Code hat vier bis acht Ziffern.' },
  onlyChoices: (label: string) => ({
    en: `By SMS only choices can be asked for, and "${label}" wants a text.`,
    de: `Per SMS kann nur zur Auswahl gefragt werden, und „${label}“ verlangt einen Text.`,
  }),
  noOptions: (label: string) => ({
    en: `"${label}" offers nothing to choose from.`,
    de: `„${label}“ bietet nichts zur Auswahl.`,
  }),
  noDigits: {
    en: 'Nothing in this form can be answered in digits.',
    de: 'In diesem Formular lässt sich nichts mit Ziffern beantworten.',
  },
  mostQuestions: (questions: number, options: number) => ({
    en: `A form has at most ${questions} questions and ${options} options here.`,
    de: `Ein Formular hat hier höchstens ${questions} Fragen und ${options} Antworten zur Auswahl.`,
  }),
  optionStops: (label: string) => ({
    en: `An option cannot be called "${label}": who answers so gets no more texts.`,
    de: `Eine Antwort kann nicht „${label}“ heißen: Wer so antwortet, bekommt keine SMS mehr.`,
  }),
  left: { en: 'They left the form without an answer.', de: 'Das Formular wurde ohne Antwort verlassen.' },
  expired: { en: 'The form was not answered in time.', de: 'Das Formular wurde nicht rechtzeitig beantwortet.' },
  stoppedForm: {
    en: 'They answered STOP while the form was open: no more texts may be sent to them.',
    de: 'Während das Formular offen war, kam STOP: Dorthin darf keine SMS mehr gehen.',
  },
  locked: { en: 'The code was wrong too often.', de: 'Der Code war zu oft falsch.' },
  answered: (answers: Words, their: string, byCode: boolean) => ({
    en: `${wordsIn(answers, 'en')}\n(answered by ${their}, known ${byCode ? 'by number and code' : 'by number'})`,
    de: `${wordsIn(answers, 'de')}\n(beantwortet von ${their}, bekannt ${byCode ? 'durch Nummer und Code' : 'durch die Nummer'})`,
  }),
});
