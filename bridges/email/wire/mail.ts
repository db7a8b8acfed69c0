/** One address of a header or an envelope (RFC 5322 §3.4): `local@domain`, the domain in small letters, and no comment or route. */
export type Mailbox = { readonly address: string; readonly name?: string };

/** How a mail came to us (RFC 5321): `from` is `''` for the null sender; `client` is who connected, as a trusted MTA names it. */
export type MailEnvelope = {
  readonly from: string;
  readonly to: readonly string[];
  readonly client?: { readonly address: string; readonly name?: string; readonly helo?: string };
};

/** What is known of a file of a mail before its bytes come. `part` is its number, in the order of the mail. */
export type MailFile = {
  readonly part: number;
  /** As it was sent, decoded and cleaned: no path, no control or bidi character, at most 200 characters. */
  readonly name?: string;
  /** The media type, in small letters and without parameters. */
  readonly type: string;
  /** It belongs into the text (`Content-Disposition: inline`, or the HTML names its `cid:`). */
  readonly inline: boolean;
  readonly contentId?: string;
};

/** Bounds of a mail, in bytes where nothing else is said. What goes beyond them is refused, or told where the text says so. */
export type MailLimits = {
  readonly size: number;
  readonly headers: number;
  /** Text parts together; more of them is cut off. */
  readonly text: number;
  /** How many parts a mail may have, and how deep they may stand in each other. */
  readonly parts: number;
  readonly depth: number;
};

export const usualLimits: MailLimits = { size: 25_000_000, headers: 131_072, text: 1_000_000, parts: 200, depth: 20 };

/** Why a mail is not taken: what an MTA is answered (RFC 3463). */
export class MailRefused extends Error {
  readonly status: number;
  readonly enhanced: string;
  constructor(status: number, enhanced: string, text: string) {
    super(text);
    this.name = 'MailRefused';
    this.status = status;
    this.enhanced = enhanced;
  }
}

/** A header with its name in small letters, unfolded and decoded (RFC 2047), in the order of the mail. */
export type MailHeader = { readonly name: string; readonly value: string };

/** What became of one recipient of a mail of ours (RFC 3464). */
export type ReportedRecipient = {
  /** Whom it is about: the original recipient where it is named, else the final one. */
  readonly address: string;
  readonly action: 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded';
  /** Such as `5.1.1`. */
  readonly status: string;
  /** What the last server said, in one line. */
  readonly diagnostic?: string;
};

/** A mail that speaks of another one. `about` is that one's Message-ID, `envelopeId` its ENVID, where they are told. */
export type MailReport =
  | {
      readonly kind: 'delivery';
      readonly about?: string;
      readonly envelopeId?: string;
      readonly recipients: readonly ReportedRecipient[];
    }
  /** RFC 8098. `read`: it was shown; else it was deleted or processed without that. */
  | { readonly kind: 'disposition'; readonly about?: string; readonly recipient?: string; readonly read: boolean }
  /** RFC 5965 */
  | { readonly kind: 'complaint'; readonly about?: string; readonly recipient?: string; readonly type: string };

/**
 * What wrote it, where that was no person: a vacation answer or other auto-reply, a bounce (also one that is no RFC 3464 report),
 * a mailing list, or a program or mass mailing.
 */
export type Automation = 'reply' | 'bounce' | 'list' | 'bulk' | 'program';

/** An event of a calendar that comes with a mail (RFC 5546). Times are as they are written, with their zone. */
export type MailInvitation = {
  readonly method: 'request' | 'cancel' | 'reply';
  readonly summary?: string;
  readonly location?: string;
  readonly start?: string;
  readonly until?: string;
  /** What its author says to it, where it is an answer. */
  readonly answer?: 'accepted' | 'declined' | 'tentative';
};

/** A mail that was read. Everything in it is the sender's claim. */
export type ParsedMail = {
  /** Without angle brackets; `''` where there is none. */
  readonly messageId: string;
  /** Of the one From; a mail with several or with none is refused before. */
  readonly from: Mailbox;
  readonly sender?: Mailbox;
  readonly replyTo: readonly Mailbox[];
  readonly to: readonly Mailbox[];
  readonly cc: readonly Mailbox[];
  /** Without angle brackets, the oldest first, at most 50. */
  readonly inReplyTo: readonly string[];
  readonly references: readonly string[];
  readonly subject?: string;
  /** Milliseconds since 1970, where it says so. */
  readonly date?: number;
  readonly language?: string;
  /** Decoded, unflowed (RFC 3676) text/plain parts in their order. */
  readonly text?: string;
  readonly html?: string;
  /** Some of the text was over the limit and is not here. */
  readonly textCut: boolean;
  readonly files: readonly MailFile[];
  readonly headers: readonly MailHeader[];
  readonly automation?: Automation;
  readonly report?: MailReport;
  /** Its content is PGP, S/MIME or otherwise closed to us. */
  readonly encrypted?: 'pgp' | 'smime' | 'autocrypt';
  /** Its sender asks to be told that it was read (RFC 8098 §2.1), and where, if that is one plain address. */
  readonly wantsDisposition: boolean;
  readonly dispositionTo?: string;
  /** What a mail says instead of having a text: RFC 9078 or Gmail's reaction part, Delta Chat's headers. */
  readonly reaction?: readonly string[];
  readonly reactsAs?: 'standard' | 'gmail';
  readonly invitation?: MailInvitation;
  readonly chat?: {
    readonly version: string;
    readonly edits?: string;
    readonly deletes?: string;
    readonly group?: string;
  };
};

/** What a person wrote anew in a mail. */
export type CleanText = {
  readonly text: string;
  /** Something was left out, so that the original is worth a link. */
  readonly shortened: boolean;
  /** It hands on somebody else's mail: who wrote that and how. */
  readonly forwarded?: { readonly from?: Mailbox; readonly subject?: string; readonly text: string };
};

/**
 * Whether From is who it says. `verified`: one From, and an SPF or DKIM pass whose organisational domain is that of From.
 * `refused`: its domain asks by DMARC to refuse such. `temporary`: DNS did not answer, so that it has to be asked again.
 * `sender`: SPF has passed for the domain of the envelope's sender, whatever From says.
 */
export type Verdict = {
  readonly from: 'verified' | 'unverified' | 'refused' | 'temporary';
  readonly sender?: true;
  /** One line for whoever wants to know why, such as `dkim=pass (example.com) spf=none`. */
  readonly why: string;
};

/** A mail without the bytes of its files: what the parser reads, at most headers and text of `MailLimits`. */
export type SlimMail = Uint8Array;

/** Reads mails beside the main thread. Both reject with `MailRefused` for what no person wrote so. */
export type MailParser = {
  parse(slim: SlimMail): Promise<ParsedMail>;
  /** `sent`: texts of ours that may be quoted in it, the newest first. */
  clean(mail: ParsedMail, sent: readonly string[]): Promise<CleanText>;
  [Symbol.asyncDispose](): Promise<void>;
};

/**
 * Takes a mail apart as it comes: the bytes of each file go to `keep` while they are read, one after the other, and what is left
 * is resolved with. Rejects with `MailRefused` over a limit, and with what `keep` rejects with. (`wire/split.ts`: `splitMail`)
 */
export type SplitMail = (
  content: AsyncIterable<Uint8Array>,
  keep: (file: MailFile, bytes: ReadableStream<Uint8Array>) => Promise<void>,
  limits: MailLimits,
) => Promise<SlimMail>;

/**
 * Judges a mail by all its bytes, which are read to the end. `trusted` are ids of Authentication-Results headers that count
 * where `client` is not known. `resolver` is that of `node:dns/promises` (`in/authentication/authenticate.ts`: `authenticate`).
 */
export type Authenticate = (
  content: AsyncIterable<Uint8Array>,
  about: {
    readonly envelope: MailEnvelope;
    readonly trusted: readonly string[];
    readonly host: string;
    readonly resolver: (name: string, type: string) => Promise<unknown>;
  },
) => Promise<Verdict>;
