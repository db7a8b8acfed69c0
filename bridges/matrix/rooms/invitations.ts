import { EARLY } from '#bridges/matrix/rooms/membership.ts';
import type { RoomEvent } from '#bridges/matrix/wire/event.ts';
import { serverOf } from '#bridges/matrix/wire/ids.ts';
import type { Host } from '#src/bridge.ts';
import { lanes } from '#src/lib/lanes.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';

export type InvitationParts = {
  readonly host: Host;
  /** Whose they are, where they are those of one account. */
  readonly account?: AccountKey;
  /** Ends with the bridge, or with the session of the account. */
  readonly stop: AbortSignal;
  /** Comes into the room. */
  enter(invitation: Invitation): Promise<void>;
  /** It could not be come into, and is tried no more. */
  gaveUp?(invitation: Invitation): Promise<void>;
};

/** Somebody wants to talk alone with an account. */
export type Invitation = { readonly account: AccountKey; readonly room: string; readonly user: string };

const PREFIX = 'invited ';
const keyOf = ({ account, room }: Invitation): string => `${PREFIX}${account} ${room}`;
/** For how long (ms) it is tried to come, and between which times. */
const KEPT = 24 * 3_600_000;
const PAUSES = [30_000, 300_000, 1_800_000];

function pauseAfter({ code, row }: Failure, tries: number): number | undefined {
  if (row.retry) return PAUSES[tries];
  return code === 'members-only' ? EARLY[tries] : undefined;
}

/** Invitations that are answered at a time; what is beyond stays open there. */
const MOST = 1_000;

/**
 * Answers invitations beside all else that the homeserver tells: a room of another server may be out of reach, or answer
 * late on purpose, and holds up the invitations of that server alone.
 */
export async function openInvitations({ host, account: owner, stop, enter, gaveUp }: InvitationParts) {
  const whose = owner === undefined ? {} : { account: owner };
  const answering = new Map<string, Promise<void>>();
  const serial = lanes((error) => host.log.error({ err: error }, 'an invitation was lost in its lane'));

  /** Does something for an invitation, those of one server one after the other. Never rejects. */
  function beside(room: string, sender: string, work: () => Promise<void>): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    answering.set(room, promise);
    serial.run(serverOf(sender), async () => {
      try {
        if (!stop.aborted) await work();
      } catch (err) {
        if (!stop.aborted) host.log.warn({ err }, 'an invitation could not be answered');
      } finally {
        if (answering.get(room) === promise) answering.delete(room);
        resolve();
      }
    });
  }

  /** Those that are accepted, until their rooms are entered. */
  const open = new Map<string, Invitation>();

  async function close(invitation: Invitation): Promise<void> {
    open.delete(keyOf(invitation));
    await host.state.delete({ ...whose, key: keyOf(invitation) });
  }

  function accept(invitation: Invitation, tries = 0): void {
    open.set(keyOf(invitation), invitation);
    beside(invitation.room, invitation.user, async () => {
      try {
        await enter(invitation);
      } catch (error) {
        const pause = error instanceof Failure ? pauseAfter(error, tries) : undefined;
        if (stop.aborted) return;
        if (pause === undefined) {
          await close(invitation);
          await gaveUp?.(invitation);
        } else host.clock.after(pause, () => again(invitation, tries + 1));
        throw error;
      }
      await close(invitation);
    });
  }

  function again(invitation: Invitation, tries: number): void {
    if (open.has(keyOf(invitation)) && !stop.aborted) accept(invitation, tries);
  }

  for (const { value } of await host.state.list({ ...whose, prefix: PREFIX })) accept(JSON.parse(value) as Invitation);

  return {
    beside({ room, sender }: Pick<RoomEvent, 'room' | 'sender'>, work: () => Promise<void>): void {
      if (answering.size < MOST) beside(room, sender, work);
    },
    /** Accepts an invitation to talk alone. Resolves once it is kept that it will be. */
    async accept({ room, sender: user }: Pick<RoomEvent, 'room' | 'sender'>, account: AccountKey): Promise<void> {
      if (answering.size >= MOST) return;
      const invitation = { account, room, user };
      await host.state.put({ ...whose, key: keyOf(invitation) }, JSON.stringify(invitation), {
        expires: host.clock.now() + KEPT,
      });
      accept(invitation);
    },
    /** An account is in a room. Resolves with whether that was by an invitation, and then it is known whose. */
    async came(account: AccountKey, room: string): Promise<boolean> {
      const invitation = open.get(keyOf({ account, room, user: '' }));
      if (!invitation) return false;
      accept(invitation, PAUSES.length);
      await answering.get(room);
      return true;
    },
    /** Resolves once nothing is done to come to where a user has asked an account to talk alone. */
    async between(account: AccountKey, user: string): Promise<void> {
      for (const one of [...open.values()])
        if (one.account === account && one.user === user) await answering.get(one.room);
    },
    /** Resolves once nothing is done to come into a room. */
    settled: (room: string): Promise<void> | undefined => answering.get(room),
    idle: serial.idle,
  };
}

export type Invitations = Awaited<ReturnType<typeof openInvitations>>;
