// Seats that wait to be let in: whatever becomes of their account, each is answered.
import type { SessionKey } from '#src/bridge.ts';
import type { Origin } from '#src/core/index.ts';
import type { Sessions } from '#src/core/sessions/sessions.ts';
import type { Clock } from '#src/lib/time/clock.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';
import type { Place } from '#src/model/place.ts';
import { part, type Room, type RoomEffect } from './room-state.ts';

/** A client of an account that wants into a room. */
export type Waiting = { readonly place: Place; readonly account: AccountKey; readonly origin: Origin };

export type WaitingParts = {
  readonly clock: Clock;
  /** How long (ms) whoever comes into a room waits for its network. */
  readonly joinTime: number;
  readonly sessions: Pick<Sessions, 'state'>;
  realm(place: Place): string;
};

/** Notes whoever comes in, and what befalls those who wait no more. */
export function openWaitingSeats(
  parts: WaitingParts,
  befalls: (place: Place, account: AccountKey, step: (room: Room) => RoomEffect[]) => void,
) {
  const { clock, joinTime, sessions, realm } = parts;
  const stateOf = ({ account, place }: Waiting) => sessions.state({ account, realm: realm(place) });
  const over = (waiting: Waiting, why: Failure): void =>
    befalls(waiting.place, waiting.account, (room) => waitsNoMore(room, waiting, why));
  let queue: (Waiting & { readonly until: number })[] = [];
  let stop = (): void => undefined;

  function look(): void {
    for (let [first] = queue; first && first.until <= clock.now(); [first] = queue) {
      queue.shift();
      // Others connect before them: that costs none of their time.
      if (stateOf(first).waits) queue.push({ ...first, until: clock.now() + joinTime });
      else over(first, new Failure('remote-server-timeout'));
    }
    if (queue[0]) stop = clock.after(queue[0].until - clock.now(), look);
  }

  return {
    begin(waiting: Waiting): void {
      queue.push({ ...waiting, until: clock.now() + joinTime });
      if (queue.length === 1) stop = clock.after(joinTime, look);
    },
    /** An account waits in vain for a session that is refused for now. */
    refuse(key: SessionKey): void {
      const { refused } = sessions.state(key);
      const vain = refused ? queue.filter((one) => one.account === key.account && realm(one.place) === key.realm) : [];
      if (!refused || vain.length === 0) return;
      queue = queue.filter((one) => !vain.includes(one));
      if (queue.length === 0) stop();
      for (const one of vain) over(one, refused);
    },
    stop: (): void => stop(),
  };
}

/** The network has said nothing for too long, or lets nobody in for now: the seat is refused, and its account leaves with its last. */
function waitsNoMore(room: Room, { account, origin }: Waiting, failure: Failure): RoomEffect[] {
  const seats = room.members.get(account)?.seats;
  const seat = seats?.get(origin.from);
  if (!seats || !seat || seat.in || seat.origin !== origin) return [];
  seats.delete(seat.jid);
  return [{ kind: 'refuse', origin, failure }, ...part(room, account)];
}
