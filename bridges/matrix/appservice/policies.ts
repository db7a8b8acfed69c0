import type { MatrixConfig } from '#bridges/matrix/config.ts';
import type { Homeserver } from '#bridges/matrix/homeserver/homeserver.ts';
import { texts } from '#bridges/matrix/texts.ts';
import { listOf, type RoomEvent, readEvent, textOf } from '#bridges/matrix/wire/event.ts';
import { serverOf } from '#bridges/matrix/wire/ids.ts';
import { fitsGlob, isPolicy, type PolicyRule, policyRule } from '#bridges/matrix/wire/policy.ts';
import type { Host } from '#src/bridge.ts';
import { openRecent } from '#src/lib/recent.ts';
import { Failure } from '#src/model/failure.ts';

export type PolicyParts = {
  readonly host: Host;
  readonly config: MatrixConfig;
  readonly server: Homeserver;
  /** The gateway's own user, who is in the rooms of the lists. */
  readonly bot: string;
};

/** Rules of all lists. */
const MOST = 50_000;
/** Ids of which it is remembered what the rules say. */
const REMEMBERED = 20_000;
const MOST_STATE = 64 * 1024 * 1024;
/** Milliseconds until a list that cannot be had is asked for again: a homeserver that is away, and a room that is refused. */
const AWAY = 5_000;
const REFUSED = 600_000;

/** Who and what is shut out, by the lists that the operator names (client-server API §13.37). */
export function openPolicies({ host, config, server, bot }: PolicyParts) {
  /** By the id of the list's room and the key of the rule, each with the event that says it. */
  const rules = new Map<string, PolicyRule & { readonly event: string }>();
  const lists = new Set<string>();
  const waiting = new Set(config.policies);
  let known = openRecent<PolicyRule | false>(REMEMBERED);

  function put(event: RoomEvent): void {
    const key = `${event.room} ${event.type} ${event.stateKey}`;
    const rule = policyRule(event);
    if (rule === undefined) rules.delete(key);
    else if (rules.size < MOST || rules.has(key)) rules.set(key, { ...rule, event: event.id });
    known = openRecent(REMEMBERED);
  }

  /** A rule is taken back by a redaction, too (client-server API §13.37). Whether that is one. */
  function redact({ room, redacts }: RoomEvent): boolean {
    const taken = [...rules].filter(([key, { event }]) => event === redacts && key.startsWith(`${room} `));
    for (const [key] of taken) rules.delete(key);
    if (taken.length > 0) known = openRecent(REMEMBERED);
    return taken.length > 0;
  }

  async function read(list: string): Promise<void> {
    const call = { method: 'POST', path: ['v3', 'join', list], body: {}, as: bot, repeatable: true } as const;
    const id = textOf((await server.call(call)).room_id) ?? '';
    lists.add(id);
    const path = ['v3', 'rooms', id, 'state'];
    for (const one of listOf(await server.json({ method: 'GET', path, as: bot, maxBytes: MOST_STATE }))) {
      const event = readEvent(one, id);
      if (event && isPolicy(event)) put(event);
    }
  }

  /** Reads a list, as often as it takes. Never rejects. */
  async function begin(list: string): Promise<void> {
    try {
      await read(list);
      waiting.delete(list);
    } catch (err) {
      if (host.signal.aborted) return;
      const isAway = err instanceof Failure && err.row.retry;
      if (!isAway) {
        // Whoever may not read it cannot obey it, and goes on without.
        waiting.delete(list);
        host.log.error({ err }, 'a policy list cannot be read');
        host.alarm('policies', texts.noPolicies(list));
      }
      host.clock.after(isAway ? AWAY : REFUSED, () => void begin(list));
    }
  }

  function look(about: PolicyRule['about'], id: string): PolicyRule | undefined {
    if (rules.size === 0) return undefined;
    const key = `${about} ${id}`;
    const before = known.get(key);
    if (before !== undefined) return before || undefined;
    // Servers are compared without their port.
    const server = serverOf(id).replace(/:\d{1,5}$/, '');
    const fits = (one: PolicyRule): boolean =>
      one.about === about ? fitsGlob(one.entity, id) : one.about === 'server' && fitsGlob(one.entity, server);
    const found = [...rules.values()].find(fits);
    known.set(key, found ?? false);
    return found;
  }

  return {
    /** Reads the lists; what is told meanwhile waits for that. */
    begin: (): void => config.policies.forEach((list) => void begin(list)),
    /** Whether all lists have been read that can be. */
    isReady: (): boolean => waiting.size === 0,
    /** Takes a change of a list in. Whether the event was one. */
    take(event: RoomEvent): boolean {
      if (!lists.has(event.room)) return false;
      if (event.type === 'm.room.redaction') return event.redacts !== undefined && redact(event);
      if (!isPolicy(event)) return false;
      put(event);
      return true;
    },
    /** The rule by which somebody is shut out. */
    user: (id: string): PolicyRule | undefined => look('user', id),
    /** The rule by which a room is shut out, by its id or an alias. */
    room: (id: string): PolicyRule | undefined => look('room', id),
  };
}

export type Policies = ReturnType<typeof openPolicies>;

/** The refusal for who, or what, is shut out by a rule; nothing where there is none. */
export const shutOut = (rule: PolicyRule | undefined): Failure | undefined =>
  rule && new Failure('policy-violation', { text: texts.shutOut(rule.reason) });
