import type { Element } from 'ltx';
import type { Identity } from '#src/bridge.ts';
import type { Core } from '#src/core/index.ts';
import type { BareJid } from '#src/model/ids.ts';
import type { Target, View } from '#src/xmpp/stanza/target.ts';
import type { Xml } from '#src/xmpp/stanza/xml.ts';

/** What a JID of ours may be, as discovery tells them apart. */
export type TargetKind = Target['kind'] | 'occupant';

/** A request to one of our JIDs (RFC 6120 §8.2.3), and what it is answered with. */
export type Request = {
  readonly payload: Element;
  /** The asker's full JID, and its bare form. */
  readonly from: string;
  readonly user: BareJid;
  readonly kind: TargetKind;
  readonly target: Target;
  /** The resource that was written to: an occupant's nick. */
  readonly resource: string;
  readonly view: View;
  readonly identity: Identity;
  readonly core: Core;
  readonly version: string;
  /** Sends the asker a message from the JID that was asked, before the answer. */
  tell(...children: readonly Xml[]): void;
  /** Runs the work once the result has been written; not at all where the answer is an error. */
  afterwards(work: () => void): void;
  /** The features of a kind of target, derived from the list of extensions. */
  features(kind: TargetKind): readonly string[];
};

/** Answers a request with the payload of the result, if it has one. Throws a `Failure` for an error. */
export type Route = (request: Request) => Xml | undefined | Promise<Xml | undefined>;

/** One specification: what it is called, what it advertises where, and the requests that it answers. */
export type Extension = {
  readonly xep: { readonly number: string; readonly title: string; readonly version: string };
  readonly features?: Readonly<Partial<Record<TargetKind, readonly string[]>>>;
  /** By `get/` or `set/`, namespace, space, name of the payload. */
  readonly routes?: Readonly<Record<string, Route>>;
};
