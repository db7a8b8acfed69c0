import { catalogue } from '#mappings/texts/catalogue.ts';

/** What users are told of mail, and what mails to others say beside their words. */
export const texts = catalogue({
  prompt: { en: 'Enter a mail address.', de: 'Geben Sie eine E-Mail-Adresse ein.' },
  promptLabel: { en: 'Mail address', de: 'E-Mail-Adresse' },
  address: {
    en: 'This is no mail address that can be written to from here, such as bob@example.com.',
    de: 'Das ist keine E-Mail-Adresse, an die von hier geschrieben werden kann, wie etwa bob@example.com.',
  },
  ownAddress: {
    en: 'This is an address of the gateway itself.',
    de: 'Das ist eine Adresse des Gateways selbst.',
  },
  nothing: { en: 'There is nothing to send in this message.', de: 'In dieser Nachricht ist nichts zu senden.' },
  // What becomes of a mail.
  noMailbox: { en: 'There is no such mailbox.', de: 'Dieses Postfach gibt es nicht.' },
  noDomain: {
    en: 'No mail server takes mail for this address.',
    de: 'Für diese Adresse nimmt kein Server E-Mails an.',
  },
  mailboxOff: {
    en: 'This mailbox takes no mail at the moment.',
    de: 'Dieses Postfach nimmt zurzeit keine E-Mails an.',
  },
  mailboxFull: { en: 'This mailbox is full.', de: 'Dieses Postfach ist voll.' },
  tooLarge: { en: 'The mail is too large for the recipient.', de: 'Die E-Mail ist dem Empfänger zu groß.' },
  tooLargeToSend: { en: 'The mail is too large for the mail server.', de: 'Die E-Mail ist dem Mailserver zu groß.' },
  noUtf8: {
    en: 'The mail server takes no addresses with letters beyond ASCII.',
    de: 'Der Mailserver nimmt keine Adressen mit Buchstaben jenseits von ASCII an.',
  },
  refusedUs: {
    en: 'The mail server of this gateway is refused there. Its operator has been told.',
    de: 'Der Mailserver dieses Gateways wird dort abgewiesen. Der Betreiber weiß Bescheid.',
  },
  blockedThere: {
    en: 'The recipient wants no mail from you.',
    de: 'Der Empfänger möchte keine E-Mails von Ihnen.',
  },
  filtered: {
    en: 'The rules of the recipient’s server forbid this mail.',
    de: 'Die Regeln des Empfängerservers lassen diese E-Mail nicht zu.',
  },
  later: { en: 'The mail server asks to try again later.', de: 'Der Mailserver bittet um einen späteren Versuch.' },
  unreachable: {
    en: 'The recipient’s server could not be reached in time.',
    de: 'Der Server des Empfängers war nicht rechtzeitig erreichbar.',
  },
  noSmarthost: { en: 'The mail server could not be reached.', de: 'Der Mailserver war nicht erreichbar.' },
  unclear: {
    en: 'The mail server broke off before it said whether it has the mail.',
    de: 'Der Mailserver hat abgebrochen, bevor er sagte, ob er die E-Mail hat.',
  },
  ourLogin: {
    en: 'The mail server does not let this gateway in. Its operator has been told.',
    de: 'Der Mailserver lässt dieses Gateway nicht herein. Der Betreiber weiß Bescheid.',
  },
  notKnown: {
    en: 'The mail that this is about is not known any more.',
    de: 'Die E-Mail, um die es geht, ist nicht mehr bekannt.',
  },
  noReaction: { en: 'Mail carries only emoji as reactions.', de: 'Per E-Mail gehen nur Emojis als Reaktion.' },
  undelivered: { en: 'The mail could not be delivered.', de: 'Die E-Mail konnte nicht zugestellt werden.' },
  unwanted: {
    en: 'The recipient has asked for no more mail from you.',
    de: 'Der Empfänger hat darum gebeten, keine E-Mails mehr von Ihnen zu bekommen.',
  },
  alarmLogin: (why: string) => ({
    en: `The mail server refuses our login: ${why}`,
    de: `Der Mailserver weist unsere Anmeldung zurück: ${why}`,
  }),
  alarmRefused: (why: string) => ({
    en: `Our mail is refused for what we are: ${why}`,
    de: `Unsere E-Mails werden unseretwegen abgewiesen: ${why}`,
  }),
  complaint: (address: string) => ({
    en: `Somebody has complained about a mail that ${address} was sent. Nothing more is sent there.`,
    de: `Jemand hat sich über eine E-Mail an ${address} beschwert. Dorthin geht nichts mehr.`,
  }),
  complaintUnproven: (address: string, from: string) => ({
    en: `${from || 'Somebody'} reports a complaint about a mail that ${address} was sent, and does not prove it. Nothing was changed.`,
    de: `${from || 'Jemand'} meldet eine Beschwerde über eine E-Mail an ${address}, ohne sie zu belegen. Geändert wurde nichts.`,
  }),
  toAdmins: (from: string, to: string, text: string) => ({
    en: `Mail from ${from} to ${to}:\n${text}`,
    de: `E-Mail von ${from} an ${to}:\n${text}`,
  }),
  // What stands in mails that come in.
  unverified: { en: '[The sender is not verified.]', de: '[Der Absender ist nicht bestätigt.]' },
  alsoTo: (names: string, offer: { address: string; domain: string } | undefined) => ({
    en: `[also to: ${names}${offer ? `. To answer all, write to ${offer.domain}: open ${offer.address}` : ''}]`,
    de: `[auch an: ${names}${offer ? `. Um allen zu antworten, an ${offer.domain} schreiben: open ${offer.address}` : ''}]`,
  }),
  encrypted: {
    en: '[This mail is encrypted and cannot be read here.]',
    de: '[Diese E-Mail ist verschlüsselt und kann hier nicht gelesen werden.]',
  },
  wasEncrypted: ({ address, domain }: { address: string; domain: string }) => ({
    en: `The last mail was encrypted, and the answer would not be. To answer in plain text all the same, write to ${domain}: plain ${address}`,
    de: `Die letzte E-Mail war verschlüsselt, die Antwort wäre es nicht. Um trotzdem im Klartext zu antworten, an ${domain} schreiben: plain ${address}`,
  }),
  plain: {
    en: 'Write there in plain text, though they encrypt',
    de: 'Dorthin im Klartext schreiben, obwohl verschlüsselt wird',
  },
  plainNow: {
    en: 'From now on this is answered in plain text.',
    de: 'Von nun an wird hier im Klartext geantwortet.',
  },
  answersItself: (address: string) => ({
    en: `You and ${address} answer each other faster than people write, as programs do that never end. This was not sent. Send it again to go on.`,
    de: `Sie und ${address} antworten einander schneller, als Menschen schreiben, wie Programme, die nie aufhören. Das wurde nicht gesendet. Senden Sie es noch einmal, um fortzufahren.`,
  }),
  nobodyReads: (address: string) => ({
    en: `Nobody reads what is sent to ${address}. Send it again to write there all the same.`,
    de: `Was an ${address} geht, liest niemand. Noch einmal senden, um trotzdem dorthin zu schreiben.`,
  }),
  cut: {
    en: '[The text goes on: it is too long to be shown.]',
    de: '[Der Text geht weiter: Er ist zu lang, um gezeigt zu werden.]',
  },
  wholeAt: (url: string) => ({ en: `[The whole text: ${url}]`, de: `[Der ganze Text: ${url}]` }),
  noOriginal: {
    en: 'There is no mail here that is kept as it came.',
    de: 'Hier gibt es keine E-Mail, die im Original aufbewahrt wird.',
  },
  noLinks: {
    en: 'This gateway has no public address for links.',
    de: 'Dieses Gateway hat keine öffentliche Adresse für Links.',
  },
  original: { en: 'A link to the last mail as it came', de: 'Ein Link zur letzten E-Mail im Original' },
  fileLost: (name: string) => ({
    en: `[A file came along and is not kept here: ${name}]`,
    de: `[Eine Datei kam mit und wird hier nicht aufbewahrt: ${name}]`,
  }),
  invitation: (what: string) => ({ en: `[Invitation: ${what}]`, de: `[Einladung: ${what}]` }),
  calledOff: (what: string) => ({ en: `[Called off: ${what}]`, de: `[Abgesagt: ${what}]` }),
  answered: (what: string) => ({
    en: `[Answer to an invitation: ${what}]`,
    de: `[Antwort auf eine Einladung: ${what}]`,
  }),
  accepted: (what: string) => ({ en: `[Accepted: ${what}]`, de: `[Zugesagt: ${what}]` }),
  declined: (what: string) => ({ en: `[Declined: ${what}]`, de: `[Abgelehnt: ${what}]` }),
  tentative: (what: string) => ({ en: `[Perhaps: ${what}]`, de: `[Vielleicht: ${what}]` }),
  signedWhole: {
    en: '[This mail is in the file of its signature (S/MIME), which is not opened here.]',
    de: '[Diese E-Mail steckt in der Datei ihrer Signatur (S/MIME), die hier nicht geöffnet wird.]',
  },
  outlook: {
    en: '[What belongs to this mail is in a file of Outlook (winmail.dat), which is not opened here.]',
    de: '[Was zu dieser E-Mail gehört, steckt in einer Datei von Outlook (winmail.dat), die hier nicht geöffnet wird.]',
  },
  forwarded: (from: string) => ({ en: `Forwarded from ${from}:`, de: `Weitergeleitet von ${from}:` }),
  // What mails say below a person's words.
  first: (name: string, jid: string) => ({
    en: `${name} (${jid}) writes this from a chat. Just reply to this mail.`,
    de: `${name} (${jid}) schreibt das aus einem Chat. Einfach auf diese E-Mail antworten.`,
  }),
  firstToAll: (name: string, jid: string) => ({
    en: `${name} (${jid}) writes this from a chat. Just reply to all.`,
    de: `${name} (${jid}) schreibt das aus einem Chat. Einfach allen antworten.`,
  }),
  stop: (url: string) => ({ en: `No more of these: ${url}`, de: `Keine weiteren E-Mails: ${url}` }),
  stopQuestion: {
    en: 'Do you want no more mail from this person?',
    de: 'Möchten Sie von dieser Person keine E-Mails mehr?',
  },
  stopButton: { en: 'No more mail', de: 'Keine E-Mails mehr' },
  stopDone: { en: 'You get no more mail from this person.', de: 'Von dieser Person kommen keine E-Mails mehr.' },
  stopUnknown: { en: 'This link leads nowhere any more.', de: 'Dieser Link führt nirgendwohin mehr.' },
  subject: (name: string) => ({ en: `Message from ${name}`, de: `Nachricht von ${name}` }),
  // Threads with several as rooms.
  groupCame: (names: string) => ({ en: `[Joined the thread: ${names}]`, de: `[Neu im Gespräch: ${names}]` }),
  groupLeft: (names: string) => ({ en: `[Left out of the thread: ${names}]`, de: `[Nicht mehr dabei: ${names}]` }),
  sentTo: (names: string) => ({
    en: `[What is written here goes to: ${names}]`,
    de: `[Was hier geschrieben wird, geht an: ${names}]`,
  }),
  waitsFor: (address: string) => ({
    en: `[What was written here has not reached ${address} yet. It is still being tried.]`,
    de: `[Was hier geschrieben wurde, hat ${address} noch nicht erreicht. Die Zustellung wird weiter versucht.]`,
  }),
  nobodyLeft: { en: 'Nobody is in this thread any more.', de: 'In diesem Gespräch ist niemand mehr.' },
  notYourThread: {
    en: 'This is no thread that you have opened as a room.',
    de: 'Das ist kein Gespräch, das Sie als Raum geöffnet haben.',
  },
  open: {
    en: 'Open the last mail to several of them as a room, to answer all',
    de: 'Die letzte E-Mail an mehrere als Raum öffnen, um allen zu antworten',
  },
  openedAs: (room: string, people: string) => ({
    en: `The thread is the room ${room} now. What you write there goes to: ${people}`,
    de: `Das Gespräch ist jetzt der Raum ${room}. Was Sie dort schreiben, geht an: ${people}`,
  }),
  noThread: {
    en: 'There is no mail of theirs that went to others, too.',
    de: 'Es gibt von dort keine E-Mail, die auch an andere ging.',
  },
  // Read receipts that are given.
  readSubject: (subject: string) => ({ en: `Read: ${subject}`, de: `Gelesen: ${subject}` }),
  readText: (address: string) => ({
    en: `Your mail to ${address} was displayed. This does not mean that it was understood.`,
    de: `Ihre E-Mail an ${address} wurde angezeigt. Das heißt nicht, dass sie verstanden wurde.`,
  }),
  // What a mail that has not reached one of our users is answered.
  returned: (subject: string) => ({ en: `Undelivered: ${subject}`, de: `Unzustellbar: ${subject}` }),
  returnedMail: { en: 'Undelivered mail', de: 'Unzustellbare E-Mail' },
  returnedRefused: (address: string) => ({
    en: `Your mail to ${address} could not be delivered: the server of its recipient has refused it, and does not say why. It is not tried again.`,
    de: `Ihre E-Mail an ${address} konnte nicht zugestellt werden: Der Server des Empfängers hat sie abgewiesen und nennt keinen Grund. Es wird nicht noch einmal versucht.`,
  }),
  returnedLate: (address: string) => ({
    en: `Your mail to ${address} could not be delivered: the server of its recipient was out of reach for too long. It is not tried again.`,
    de: `Ihre E-Mail an ${address} konnte nicht zugestellt werden: Der Server des Empfängers war zu lange nicht zu erreichen. Es wird nicht noch einmal versucht.`,
  }),
  returnedLarge: (address: string) => ({
    en: `Your mail to ${address} could not be delivered: it is too large for its recipient. It is not tried again.`,
    de: `Ihre E-Mail an ${address} konnte nicht zugestellt werden: Sie ist zu groß für den Empfänger. Es wird nicht noch einmal versucht.`,
  }),
  returnedOther: (address: string) => ({
    en: `Your mail to ${address} could not be delivered. It is not tried again.`,
    de: `Ihre E-Mail an ${address} konnte nicht zugestellt werden. Es wird nicht noch einmal versucht.`,
  }),
  returner: { en: 'Mail delivery', de: 'Mailzustellung' },
  // Forms.
  formHow: {
    en: 'Follow the link of your choice, or answer with its number alone.',
    de: 'Öffnen Sie den Link Ihrer Wahl, oder antworten Sie nur mit deren Nummer.',
  },
  formOptional: { en: '(may be left out)', de: '(kann wegbleiben)' },
  formReply: (link: string) => ({
    en: `Fill it in here: ${link}\nOr answer with nothing but a line for each question, such as\n1: 2`,
    de: `Hier auszufüllen: ${link}\nOder antworten Sie nur mit einer Zeile für jede Frage, wie etwa\n1: 2`,
  }),
  formReplyOnly: {
    en: 'Answer with nothing but a line for each question, such as\n1: 2',
    de: 'Antworten Sie nur mit einer Zeile für jede Frage, wie etwa\n1: 2',
  },
  formFill: { en: 'Please answer these questions.', de: 'Bitte beantworten Sie diese Fragen.' },
  formUnfit: {
    en: 'Nothing was passed on yet: something is missing or does not fit.',
    de: 'Es wurde noch nichts weitergegeben: Etwas fehlt oder passt nicht.',
  },
  formUnanswered: (questions: string, by: string) => ({
    en: `${questions}: ${by} has not answered in time.`,
    de: `${questions}: ${by} hat nicht rechtzeitig geantwortet.`,
  }),
  formAnswered: (answers: string, by: string) => ({
    en: `${answers}\n(answered by ${by})`,
    de: `${answers}\n(beantwortet von ${by})`,
  }),
  formConfirm: (question: string, choice: string) => ({
    en: `${question} Your answer would be: ${choice}`,
    de: `${question} Ihre Antwort wäre: ${choice}`,
  }),
  formButton: { en: 'Answer so', de: 'So antworten' },
  formDone: (choice: string) => ({
    en: `Thank you. Your answer was passed on: ${choice}`,
    de: `Danke. Ihre Antwort wurde weitergegeben: ${choice}`,
  }),
  formTaken: (choice: string) => ({
    en: `This was answered already, and the first answer counts: ${choice}`,
    de: `Das ist schon beantwortet, und die erste Antwort zählt: ${choice}`,
  }),
  formLate: {
    en: 'This can be answered no more. Nothing was passed on.',
    de: 'Das lässt sich nicht mehr beantworten. Es wurde nichts weitergegeben.',
  },
  formUnknown: { en: 'This link leads nowhere.', de: 'Dieser Link führt nirgendwohin.' },
  // Settings and commands.
  name: {
    en: 'The name under which others get your mails. Empty: from your address',
    de: 'Der Name, unter dem andere Ihre E-Mails bekommen. Leer: aus Ihrer Adresse',
  },
  signature: { en: 'Your signature below mails', de: 'Ihre Signatur unter E-Mails' },
  usualSubject: { en: 'The subject of mails that have none', de: 'Der Betreff von E-Mails ohne einen' },
  html: { en: 'Send mails as HTML, too', de: 'E-Mails auch als HTML senden' },
  window: {
    en: 'Seconds for which what you write waits for more of it, to go as one mail',
    de: 'Sekunden, die Geschriebenes auf weiteres wartet, um als eine E-Mail zu gehen',
  },
  readReceipts: { en: 'Ask to be told that mails were read', de: 'Um Lesebestätigungen bitten' },
  lift: { en: 'Send mail there again', de: 'Dorthin wieder E-Mails senden' },
  lifted: (address: string) => ({
    en: `${address} is written to again.`,
    de: `An ${address} wird wieder geschrieben.`,
  }),
  revoke: {
    en: 'Make replies to older mails find you no more',
    de: 'Antworten auf ältere E-Mails nicht mehr annehmen',
  },
  revoked: {
    en: 'Replies to mails from before now no longer find you by those. Your address goes on.',
    de: 'Antworten auf ältere E-Mails finden Sie nicht mehr über diese. Ihre Adresse gilt weiter.',
  },
  strangers: {
    en: 'Mail from people you have not been in touch with: usual, accept or refuse',
    de: 'E-Mails von Unbekannten: usual (wie üblich), accept (annehmen) oder refuse (abweisen)',
  },
  choose: { en: 'Choose your own mail address', de: 'Die eigene E-Mail-Adresse wählen' },
  chooseName: { en: 'What stands before the @', de: 'Was vor dem @ steht' },
  nameWord: { en: 'WORD', de: 'WORT' },
  noSuchName: {
    en: 'This cannot be chosen: 2 to 32 small letters and digits, with single dots or dashes between them, and none that is reserved.',
    de: 'Das lässt sich nicht wählen: 2 bis 32 kleine Buchstaben und Ziffern, dazwischen einzelne Punkte oder Striche, und nichts Reserviertes.',
  },
  nameTaken: {
    en: 'This is, or was, the address of somebody else.',
    de: 'Das ist oder war die Adresse von jemand anderem.',
  },
  chosen: (address: string) => ({
    en: `Your mails come from ${address} now. Your address from before goes on taking mail.`,
    de: `Ihre E-Mails kommen jetzt von ${address}. Unter Ihrer früheren Adresse kommt weiterhin Post an.`,
  }),
  allow: {
    en: 'Take mail of an address or a domain, also where strangers are refused',
    de: 'E-Mails einer Adresse oder Domain annehmen, auch wo Unbekannte abgewiesen werden',
  },
  deny: { en: 'Refuse mail of an address or a domain', de: 'E-Mails einer Adresse oder Domain abweisen' },
  unlist: {
    en: 'Treat an address or a domain as any other',
    de: 'Eine Adresse oder Domain wie alle anderen behandeln',
  },
  senderLabel: { en: 'A mail address or a domain', de: 'Eine E-Mail-Adresse oder Domain' },
  senderWord: { en: 'ADDRESS OR DOMAIN', de: 'ADRESSE ODER DOMAIN' },
  noSender: {
    en: 'This is neither a mail address nor a domain.',
    de: 'Das ist weder eine E-Mail-Adresse noch eine Domain.',
  },
  listFull: { en: 'Your lists are full.', de: 'Ihre Listen sind voll.' },
  allowed: (who: string) => ({ en: `Mail from ${who} is taken.`, de: `E-Mails von ${who} werden angenommen.` }),
  denied: (who: string) => ({ en: `Mail from ${who} is refused.`, de: `E-Mails von ${who} werden abgewiesen.` }),
  unlisted: (who: string) => ({ en: `${who} is treated as any other.`, de: `${who} wird wie alle anderen behandelt.` }),
  noAddress: {
    en: 'Your address is too long to be a mail address here. Answers to your mails find you.',
    de: 'Ihre Adresse ist zu lang für eine E-Mail-Adresse hier. Antworten auf Ihre E-Mails finden Sie.',
  },
  my: { en: 'Your own mail address', de: 'Ihre eigene E-Mail-Adresse' },
});
