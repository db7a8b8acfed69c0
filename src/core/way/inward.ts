import type { Commit, Rows } from '#src/core/journal/shelf.ts';
import { chain } from '#src/lib/after.ts';
import type { Log } from '#src/lib/log.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { placeKey, placeTransport } from '#src/model/place.ts';
import type { Statement } from '#src/store/index.ts';
import { type AcceptContext, accept } from './accept.ts';
import { type AdmitContext, admit } from './admit.ts';
import { type DegradeContext, degrade } from './degrade.ts';
import { points, translate } from './reference.ts';
import { type Reference, type ResolveContext, resolve } from './resolve.ts';
import { type ShowContext, show } from './show.ts';
import type { Tables } from './tables.ts';

export type InwardContext = AdmitContext &
  AcceptContext &
  ResolveContext &
  DegradeContext &
  ShowContext & {
    readonly commit: Pick<Commit, 'write'>;
    readonly rows: Pick<Rows, 'owner'>;
    readonly tables: ReadonlyMap<string, Tables>;
    readonly log: Log;
    /** Whether such an event is kept until XMPP has it, and the network is answered for it no sooner. */
    durable(draft: Draft): boolean;
  };

/** The way of an event from a network to XMPP. */
export type Inward = {
  /**
   * Takes what comes, and resolves once `statements` and all that the drafts made durable are written, in one unit.
   * What is journaled is shown after that, everything else at once. Synchronous when nothing has to be durable.
   */
  accept(drafts: readonly Draft[], statements?: readonly Statement[]): void | Promise<void>;
};

/** admit → accept → resolve → degrade → show, each in a file of its own. */
export function openInward(context: InwardContext): Inward {
  const { lanes } = context;
  /** Places whose events wait for a look into the store; while there are none, nothing is put behind them. */
  let looking = 0;

  const isDurable = (draft: Draft): boolean => draft.live !== false && context.durable(draft);

  function take(draft: Draft): void | Promise<void> {
    const tables = context.tables.get(placeTransport(draft.place));
    if (!tables || !isAdmitted(draft)) return;
    const durable = isDurable(draft);
    return chain(accept(context, draft, durable), (isNew) => {
      if (isNew) return pass(draft, durable, tables);
    });
  }

  /** Nobody on the network can be told of a refusal, so the log hears it. */
  function isAdmitted(draft: Draft): boolean {
    try {
      admit(context, draft);
      return true;
    } catch (error) {
      return unheard(error, draft, 'an event came for somebody who may not use the gateway') ?? false;
    }
  }

  function pass(draft: Draft, durable: boolean, { xmpp, refers }: Tables): void | Promise<void> {
    const about = resolve(context, draft, { side: 'xmpp', levels: xmpp.target.levels, account: undefined });
    const referable = refers || draft.place.kind === 'contact';
    return chain(about, (found) => show(context, draft, readable(draft, found, xmpp), { durable, referable }));
  }

  /** What XMPP carries of it, with the ids that it knows. */
  function readable(draft: Draft, about: Reference, xmpp: Tables['xmpp']): readonly Draft[] {
    try {
      return degrade(context, draft, xmpp, about).pieces.flatMap((piece) => known(piece, about));
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
    context.log.warn({ err: error, kind }, what);
  }

  /** Takes a draft after those that came before it in its place. At once where nothing has to be looked up. */
  function inOrder(draft: Draft): Promise<void> | undefined {
    const end = Promise.withResolvers<void>();
    let done = false;
    looking++;
    const finish = (): void => {
      looking--;
      done = true;
      end.resolve();
    };
    const fail = (error: unknown): void => {
      looking--;
      end.reject(error);
    };
    lanes.run(`in ${placeKey(draft.place)}`, () => {
      try {
        const work = take(draft);
        return work ? work.then(finish, fail) : finish();
      } catch (error) {
        return fail(error);
      }
    });
    return done ? undefined : end.promise;
  }

  /** Resolves when everything before it in the places' lanes is done; at once where they are idle. */
  function shown(drafts: readonly Draft[]): Promise<unknown> | undefined {
    const open: Promise<void>[] = [];
    for (const key of new Set(drafts.map(({ place }) => placeKey(place)))) {
      let done = false;
      const end = Promise.withResolvers<void>();
      lanes.run(key, () => {
        done = true;
        end.resolve();
      });
      if (!done) open.push(end.promise);
    }
    return open.length === 0 ? undefined : Promise.all(open);
  }

  /** What happens in busy lanes is durable with the unit, and what was cut in the meantime was written before it. */
  async function settled(
    drafts: readonly Draft[],
    open: readonly Promise<unknown>[],
    statements: readonly Statement[] | undefined,
  ): Promise<void> {
    if (open.length > 0) await Promise.all(open);
    if (!statements) return;
    const waiting = shown(drafts);
    if (waiting) await waiting;
    await context.rows.owner();
    await context.commit.write(statements);
  }

  return {
    accept(drafts, statements = []) {
      const open: Promise<unknown>[] = [];
      for (const draft of drafts) {
        const plain = looking === 0 && draft.ids === undefined && !points(draft);
        const work = plain ? take(draft) : inOrder(draft);
        if (work) open.push(work);
      }
      const durable = statements.length > 0 || drafts.some(isDurable);
      if (open.length === 0 && !durable) return;
      return settled(drafts, open, durable ? statements : undefined);
    },
  };
}
