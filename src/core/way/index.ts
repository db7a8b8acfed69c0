import type { Admission, Taken } from '#src/bridge.ts';
import type { Languages } from '#src/core/accounts/languages.ts';
import type { Typed } from '#src/core/dialogues/typed.ts';
import type { Origin } from '#src/core/index.ts';
import type { Amending } from '#src/core/journal/amend.ts';
import type { Commit, Rows } from '#src/core/journal/shelf.ts';
import { type InlineContext, putUp } from '#src/core/media/inline-files.ts';
import type { Digests } from '#src/core/people/digests.ts';
import type { ContactRefusals } from '#src/core/people/refusals.ts';
import { isLate } from '#src/core/rooms/archived.ts';
import { faring, type OwnShow } from '#src/core/rooms/room-events.ts';
import type { Rooms } from '#src/core/rooms/rooms.ts';
import type { Lanes } from '#src/lib/lanes.ts';
import type { Log } from '#src/lib/log.ts';
import { chain } from '#src/lib/time/after.ts';
import type { DraftOf } from '#src/model/capabilities.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { type AccountKey, bareOf, type EventId, splitAccount } from '#src/model/ids.ts';
import { isRoom, type Place, placeKey, placeTransport } from '#src/model/place.ts';
import type { Statement } from '#src/store/index.ts';
import { type AcceptContext, accept } from './accept.ts';
import type { Admissions } from './admission.ts';
import { type AdmitContext, admit } from './admit.ts';
import { type AlternateContext, ownPlace } from './alternate.ts';
import { type DegradeContext, type Degraded, degrade } from './degrade.ts';
import { type KeepContext, keep, type Sent, sentFrom } from './keep.ts';
import type { Markers } from './markers.ts';
import type { RecentTexts } from './recent-texts.ts';
import { points, translate } from './reference.ts';
import { NOTHING, type Reference, type ResolveContext, resolve } from './resolve.ts';
import { type Leg, type RouteContext, route } from './route.ts';
import { type RefuseContext, refuse } from './settle.ts';
import { type ShowContext, show } from './show.ts';
import type { Side, Tables } from './tables.ts';

export type OutwardContext = AdmitContext &
  AlternateContext &
  RouteContext &
  ResolveContext &
  DegradeContext &
  InlineContext &
  KeepContext &
  RefuseContext & {
    readonly lanes: Lanes;
    readonly rooms: Pick<Rooms, 'enter' | 'leave' | 'reflect'>;
    readonly texts: Pick<RecentTexts, 'note'>;
    readonly markers: Markers;
    readonly refusals: Pick<ContactRefusals, 'lift'>;
    readonly digests: Pick<Digests, 'wrote' | 'standsFor'>;
    readonly typed: Typed;
    /** Changes in silence what still waits for its network. False where it cannot. */
    amend(draft: Amending, origin: Origin, lane: string): Promise<boolean>;
    /** What is no failure is a bug: it is logged. */
    asFailure(error: unknown): Failure;
  };

/**
 * The way of an event from XMPP to a network: admit → route → resolve → degrade → keep → carry → settle, each in a file of its
 * own.
 */
export function openOutward(context: OutwardContext) {
  const { lanes, rooms } = context;
  /** Clients of which it is being looked up which room they enter, by their address and its. */
  const entering = new Map<string, Origin>();

  /** Takes a user's event. Throws a `Failure` for what is refused at once; later ones are answered on the stanza. */
  function accept(given: Draft, origin: Origin): void {
    const { account, nick, unheard } = admit(context, given, origin.from);
    if (unheard || context.typed(given, origin, account)) return;
    const files = hasFiles(given) ? putUp(context, given, { account, origin }) : undefined;
    const draft = files?.draft ?? given;
    if (draft.kind === 'occupant' && (draft.change === 'join' || draft.change === 'leave'))
      return pass(draft, account, origin);
    answered(draft, account);
    const sent = sentFrom(draft, origin);
    send(draft, account, files?.put ? { ...sent, put: files.put } : sent);
    if (draft.kind === 'nick' && draft.show) fares(account, draft.place, draft);
    context.texts.note(draft, [origin.id, origin.originId], nick ?? nameOf(account));
  }

  function answered(draft: Draft, account: AccountKey): void {
    const { place } = draft;
    if (draft.kind === 'receipt' && draft.state === 'delivered') {
      const arrived = (targets: readonly EventId[]): void => {
        for (const target of targets) send({ ...draft, target }, account, sentFrom(draft, undefined));
      };
      const others = context.digests.standsFor(account, draft.target);
      // A receipt has no answer; a bug is logged all the same.
      if (others instanceof Promise) others.then(arrived).catch((error: unknown) => void context.asFailure(error));
      else arrived(others);
    }
    if (draft.kind !== 'message' || place.kind !== 'contact') return;
    // Whoever writes to somebody wants an answer.
    context.refusals.lift(account, place.id, 'declined');
    context.digests.wrote(account, place);
  }

  function send(draft: Draft, account: AccountKey, sent: Sent): void {
    const leg = route(context, draft, account);
    const about = points(draft)
      ? heard(resolve(context, draft, { side: 'foreign', levels: leg.target.levels, account }))
      : NOTHING;
    if (amends(draft) && sent.origin) lanes.run(leg.lane, () => amend(draft, leg, sent, about));
    else dispatch(draft, leg, sent, ready(draft, leg, sent, about));
  }

  /** What is refused at once is thrown, unless it may be a repeat of what was taken before: that is answered in its turn. */
  function ready(draft: Draft, leg: Leg, sent: Sent, about: Reference | Promise<Reference>): Ready {
    try {
      return heard(reduced(draft, leg, about));
    } catch (error) {
      if (!(error instanceof Failure) || !isRecognised(draft, sent)) throw error;
      return heard(Promise.reject(error));
    }
  }

  const isRecognised = (draft: Draft, { origin }: Sent): boolean =>
    origin !== undefined && context.intake.recognises(draft, origin);

  const reduced = (draft: Draft, leg: Leg, about: Reference | Promise<Reference>): Ready =>
    about === NOTHING
      ? degrade(context, draft, leg, NOTHING)
      : chain(about, (found) =>
          context.markers.isForward(draft, found.at)
            ? degrade(context, draft, leg, instead(draft, leg, found))
            : NO_PIECES,
        );

  /** What takes the place of something that is held back stands for what that stood for. */
  function instead(draft: Draft, leg: Leg, about: Reference): Reference {
    const held = context.delivery.held(leg.lane, draft);
    return held?.previous === undefined ? about : { ...about, context: { ...about.context, previous: held.previous } };
  }

  /** Within the lane, so that nothing overtakes what has to wait for something. */
  function dispatch(draft: Draft, leg: Leg, sent: Sent, pieces: Ready): void {
    lanes.run(leg.lane, () => {
      try {
        const work = go(draft, leg, sent, pieces);
        return work?.catch((error: unknown) => fail(draft, sent, error));
      } catch (error) {
        return fail(draft, sent, error);
      }
    });
  }

  const go = (draft: Draft, leg: Leg, sent: Sent, pieces: Ready): void | Promise<void> =>
    pieces instanceof Promise
      ? pieces.then((degraded) => keep(context, draft, leg, sent, degraded))
      : keep(context, draft, leg, sent, pieces);

  function fail(draft: Draft, sent: Sent, error: unknown): void | Promise<void> {
    const failure = context.asFailure(error);
    const { origin } = sent;
    if (origin && isRecognised(draft, sent)) return context.intake.refuse(draft, origin, failure);
    refuse(context, sent, failure);
  }

  /** What is about a message that still waits changes that, and goes out itself where it is too late. */
  async function amend(draft: Amending, leg: Leg, sent: Sent, about: Reference | Promise<Reference>): Promise<void> {
    try {
      if (sent.origin && (await context.amend(draft, sent.origin, leg.lane))) return;
      await go(draft, leg, sent, reduced(draft, leg, about));
    } catch (error) {
      await fail(draft, sent, error);
    }
  }

  /** Somebody enters or leaves a room. Whoever goes before it is known which one they have entered does not come in. */
  function pass({ place, ...draft }: DraftOf<'occupant'>, account: AccountKey, origin: Origin): void {
    const name = `${origin.from} ${bareOf(origin.to)}`;
    const isComing = entering.delete(name);
    if (draft.change === 'leave')
      return isComing ? undefined : rooms.leave(place, { account, jid: origin.from, reason: draft.reason });
    const { who, password, history } = draft;
    const enter = (own: Place): void => {
      const address = own === place || place.kind === 'realm' ? draft.address : place.id;
      rooms.enter(own, { account, nick: who.nick, origin, shown: who, password, history, address });
    };
    const own = ownPlace(context, place, account);
    if (!(own instanceof Promise)) return enter(own);
    entering.set(name, origin);
    const comes = (): boolean => entering.get(name) === origin && entering.delete(name);
    own.then(
      (found) => comes() && enter(found),
      (error: unknown) => comes() && refuse(context, { origin, shared: { answered: false } }, context.asFailure(error)),
    );
  }

  /**
   * Tells a network how somebody in one of its rooms fares, who has said so beside something else. What it does not carry of
   * that is not missed.
   */
  function fares(account: AccountKey, place: Place, shown: OwnShow): void {
    const draft: Draft = { place, from: { kind: 'xmpp', bare: splitAccount(account).user }, ...faring(shown) };
    try {
      send(draft, account, sentFrom(draft, undefined));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
  }

  /** As `accept`, for somebody in the room who waits: resolves once the network has it all, rejects with a `Failure`. */
  async function perform(drafts: readonly Draft[], jid: string): Promise<void> {
    const legs = drafts.map((draft) => ({ draft, leg: route(context, draft, admit(context, draft, jid).account) }));
    const prepared = await Promise.all(
      legs.map(async ({ draft, leg }) => {
        const about = resolve(context, draft, {
          side: 'foreign',
          levels: leg.target.levels,
          account: leg.to.key.account,
        });
        return { draft, leg, pieces: await reduced(draft, leg, about) };
      }),
    );
    await Promise.all(prepared.map(({ draft, leg, pieces }) => landing(draft, leg, pieces)));
  }

  function landing(draft: Draft, leg: Leg, pieces: Degraded): Promise<void> {
    const { promise, resolve: done, reject } = Promise.withResolvers<void>();
    const sent = sentFrom(draft, undefined, (failure) => {
      left--;
      if (failure) reject(failure);
      else if (left === 0) done();
    });
    // What has no piece takes its turn where a room is told of it.
    let left = pieces.pieces.length || (sent.shared.said ? 1 : 0);
    if (left === 0) return Promise.resolve();
    dispatch(draft, leg, sent, pieces);
    return promise;
  }

  return {
    accept,
    perform,
    fares,
    /** Sends what no stanza has asked for. Throws a `Failure` for what is refused at once. */
    send: (draft: Draft, account: AccountKey): void => send(draft, account, sentFrom(draft, undefined)),
  };
}

type Ready = Degraded | Promise<Degraded>;
const NO_PIECES: Degraded = { pieces: [], long: undefined, ids: undefined, window: 0, previous: undefined };

/** What fails while its lane is busy is heard when its turn comes. */
function heard<T>(value: T | Promise<T>): T | Promise<T> {
  if (value instanceof Promise) value.catch(() => undefined);
  return value;
}

const hasFiles = (draft: Draft): draft is DraftOf<'message'> => draft.kind === 'message' && draft.files !== undefined;

const amends = (draft: Draft): draft is Amending =>
  draft.kind === 'retract' || (draft.kind === 'edit' && draft.place.kind === 'contact');

/** What somebody is called outside of rooms. */
function nameOf(account: AccountKey): string {
  const { user } = splitAccount(account);
  return user.slice(0, user.indexOf('@'));
}

export type InwardContext = AcceptContext &
  ResolveContext &
  DegradeContext &
  ShowContext & {
    readonly commit: Pick<Commit, 'write'>;
    readonly rows: Pick<Rows, 'owner'>;
    readonly tables: ReadonlyMap<string, Tables>;
    readonly markers: Markers;
    readonly languages: Pick<Languages, 'of'>;
    readonly log: Log;
    readonly admissions: Pick<Admissions, 'of' | 'told'>;
    /** Whether such an event is kept until XMPP has it, and the network is answered for it no sooner. */
    durable(draft: Draft): boolean;
  };

/** The way of an event from a network to XMPP. */
export type Inward = {
  /**
   * Takes what comes, and resolves once `statements` and all that the drafts made durable are written, in one unit.
   * What is journaled is shown after that, everything else at once. Synchronous when nothing has to be durable.
   */
  accept(drafts: readonly Draft[], statements?: readonly Statement[]): Taken | Promise<Taken>;
};

/** admit → accept → resolve → degrade → show, each in a file of its own. */
export function openInward(context: InwardContext): Inward {
  const { lanes, log } = context;
  /** Places whose events wait for a look into the store; while there are none, nothing is put behind them. */
  let looking = 0;

  const isDurable = (draft: Draft): boolean => draft.live !== false && context.durable(draft);

  function take(draft: Draft, durable: boolean): void | Promise<void> {
    const tables = context.tables.get(placeTransport(draft.place));
    if (!tables) return;
    // What comes late may have been told before the last start.
    const late = isRoom(draft.place) && isLate(draft, context.now());
    const isNew = accept(context, draft, durable || late);
    if (isNew instanceof Promise) return isNew.then((found) => (found ? pass(draft, durable, tables) : undefined));
    return isNew ? pass(draft, durable, tables) : undefined;
  }

  function pass(draft: Draft, durable: boolean, { xmpp, chosen, refers }: Tables): void | Promise<void> {
    const { place } = draft;
    const about = points(draft)
      ? resolve(context, draft, { side: 'xmpp', levels: xmpp.levels, account: undefined })
      : NOTHING;
    const referable = (refers && draft.ids !== undefined) || place.kind === 'contact';
    // What comes to a room that all share is carried once for everybody in it.
    const account = place.kind === 'shared' ? undefined : place.account;
    const said = chosen('in', place, account);
    // What is said crosses as it is; what becomes a line is a line of ours.
    const ours = account !== undefined && draft.kind !== 'message';
    const side: Side = ours
      ? { target: xmpp, chosen: said, language: context.languages.of(account) }
      : { target: xmpp, chosen: said };
    const go = (found: Reference): void =>
      show(context, draft, readable(draft, found, side), { durable, referable, about: found.context });
    return about instanceof Promise ? about.then(go) : go(about);
  }

  /** What XMPP carries of it, with the ids that it knows. */
  function readable(draft: Draft, about: Reference, xmpp: Side): readonly Draft[] {
    try {
      if (!context.markers.isForward(draft, about.at)) return [];
      const { pieces } = degrade(context, draft, xmpp, about);
      return pieces.some(points) ? pieces.flatMap((piece) => known(piece, about)) : pieces;
    } catch (error) {
      return unheard(error, draft, 'XMPP does not carry an event') ?? [];
    }
  }

  /** Nobody can be told that a network speaks of a message that nobody knows, so it is left out. */
  function known(piece: Draft, { ids }: Reference): readonly Draft[] {
    return points(piece) && ids === undefined && piece.kind !== 'message' ? [] : translate(piece, ids);
  }

  function unheard(error: unknown, { kind }: Draft, what: string): undefined {
    if (!(error instanceof Failure)) throw error;
    log.warn({ err: error, kind }, what);
  }

  /** Takes a draft after those that came before it in its place. At once where nothing has to be looked up. */
  function inOrder(draft: Draft, durable: boolean): void | Promise<void> {
    looking++;
    const end = (): void => void looking--;
    const going = lanes.within(`in ${placeKey(draft.place)}`, () => take(draft, durable));
    return going ? going.finally(end) : end();
  }

  const begin = (draft: Draft, durable: boolean): void | Promise<void> =>
    looking === 0 && draft.ids === undefined && !points(draft) ? take(draft, durable) : inOrder(draft, durable);

  /** What happens in busy lanes is durable with the unit, and what was cut in the meantime was written before it. */
  async function settled(
    drafts: readonly Draft[],
    open: readonly Promise<unknown>[],
    statements: readonly Statement[] | undefined,
  ): Promise<void> {
    if (open.length > 0) await Promise.all(open);
    if (!statements) return;
    for (const key of new Set(drafts.map(({ place }) => placeKey(place)))) await lanes.within(key, () => undefined);
    for (const { kind, place } of drafts) if (kind === 'contact') await context.people.listing(place);
    await context.rows.owner();
    await context.commit.write(statements);
  }

  return {
    accept(drafts, statements = []) {
      const open: Promise<unknown>[] = [];
      let answer: Admission[] | undefined;
      let durable = statements.length > 0;
      for (const draft of drafts) {
        const admission = context.admissions.of(draft);
        if (admission !== 'yes') {
          const told = context.admissions.told(admission, draft.place);
          if (told !== 'yes') (answer ??= drafts.map(() => 'yes'))[drafts.indexOf(draft)] = told;
          log.info({ kind: draft.kind, admission }, 'an event was not taken');
          continue;
        }
        const kept = isDurable(draft);
        if (kept) durable = true;
        const work = begin(draft, kept);
        if (work) open.push(work);
      }
      if (open.length === 0 && !durable) return answer;
      return settled(drafts, open, durable ? statements : undefined).then(() => answer);
    },
  };
}
