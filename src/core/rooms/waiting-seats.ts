// Seats that wait to be let in: whatever becomes of their account, each is answered.
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

/** `begin` notes whoever comes in; `late` hears of each whose time is over, also of one that was let in. */
export function openWaitingSeats(parts: WaitingParts, late: (waiting: Waiting) => void) {
  const { clock, joinTime, sessions, realm } = parts;
  /** Others connect before them: that costs none of their time. */
  const stands = ({ account, place }: Waiting): boolean =>
    sessions.state({ account, realm: realm(place) }).waits === true;
  const queue: (Waiting & { readonly until: number })[] = [];
  let stop = (): void => undefined;

  function look(): void {
    for (let [first] = queue; first && first.until <= clock.now(); [first] = queue) {
      queue.shift();
      if (stands(first)) queue.push({ ...first, until: clock.now() + joinTime });
      else late(first);
    }
    if (queue[0]) stop = clock.after(queue[0].until - clock.now(), look);
  }

  return {
    begin(waiting: Waiting): void {
      queue.push({ ...waiting, until: clock.now() + joinTime });
      if (queue.length === 1) stop = clock.after(joinTime, look);
    },
    stop: (): void => stop(),
  };
}

/** The network has said nothing for too long: the seat is refused, and its account leaves with its last. */
export function tooLate(room: Room, { account, origin }: Waiting): RoomEffect[] {
  const seats = room.members.get(account)?.seats;
  const seat = seats?.get(origin.from);
  if (!seats || !seat || seat.in || seat.origin !== origin) return [];
  seats.delete(seat.jid);
  const failure = new Failure('remote-server-timeout');
  return [{ kind: 'refuse', origin, failure }, ...part(room, account)];
}
