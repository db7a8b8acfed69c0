import { z } from 'zod';
import { durabilityOf } from '#mappings/targets.ts';
import { LANGUAGE_NAMES, settingTexts as texts } from '#mappings/texts/settings.ts';
import type { SettingsScope } from '#src/core/index.ts';
import { DIGEST } from '#src/core/people/digests.ts';
import type { Transport } from '#src/core/transport.ts';
import { memo } from '#src/lib/memo.ts';
import { LANGUAGES } from '#src/model/language.ts';
import { AUTOMATIC, LANGUAGE } from './languages.ts';
import type { Values } from './settings-form.ts';

/** What holds on a transport for whoever has set nothing: whether they stay in rooms, and how many messages they are shown there. */
export type OwnDefaults = { readonly persistent: boolean; readonly replay: number };

/** The most messages that a client that joins is shown. */
const MOST_SHOWN = 100;

/** A schema is dear to make. */
const accountWith = memo(100, (defaults) => {
  const { persistent, replay } = JSON.parse(defaults) as OwnDefaults;
  return z.object({
    stay_connected: z.boolean().default(false).meta({ label: texts.stayConnected }),
    persistent: z.boolean().default(persistent).meta({ label: texts.persistent }),
    record_history: z.boolean().default(true).meta({ label: texts.recordHistory }),
    max_history_length: z.int().min(0).max(MOST_SHOWN).default(replay).meta({ label: texts.historyLength }),
    [DIGEST]: z.boolean().default(false).meta({ label: texts.digest }),
    [LANGUAGE]: z
      .enum([AUTOMATIC, ...LANGUAGES])
      .default(AUTOMATIC)
      .meta({ label: texts.language, labels: LANGUAGE_NAMES }),
  });
});

const room = z.object({
  record_history: z
    .enum(['unset', 'true', 'false'])
    .default('unset')
    .meta({ label: texts.recordHistoryHere, labels: { unset: texts.asEverywhere, true: texts.yes, false: texts.no } }),
  persistent: z.boolean().default(false).meta({ label: texts.persistentHere }),
});

/** What the core itself lets everybody set, for their account and for a room that accounts share. */
export const ownSettings = ({ persistent, replay }: OwnDefaults) => ({
  account: accountWith(JSON.stringify({ persistent, replay })),
  room,
});

/** What an account has set for itself in a room: whether it stays there without a client, whether what is said is kept for it, and how much of that a client that joins is shown. */
export type HoldsInRoom = { readonly persistent: boolean; readonly recorded: boolean; readonly shown: number };

type Layers = { readonly account: Values; readonly realm: Values; readonly room: Values };

/** The room's own values come before those of the account. A realm may have a `max_history_length` of its own. Pure. */
export function inRoomBy({ account, realm, room: here }: Layers, defaults: OwnDefaults): HoldsInRoom {
  const recorded = here.record_history === 'unset' ? undefined : here.record_history;
  return {
    persistent: here.persistent === true || (account.persistent ?? defaults.persistent) === true,
    recorded: recorded === undefined ? account.record_history !== false : recorded === 'true',
    shown: Number(realm.max_history_length ?? account.max_history_length ?? defaults.replay),
  };
}

export const ownDefaults = (transport: Pick<Transport, 'persistent' | 'history'> | undefined): OwnDefaults => ({
  persistent: transport?.persistent ?? false,
  replay: transport?.history.replay ?? 0,
});

/** Whether one of these settings means anything on a transport. */
export function means({ mapping, history }: Transport, setting: string, scope: SettingsScope): boolean {
  const { rooms, identity } = mapping.facts;
  if (setting.endsWith('_history') || setting === 'max_history_length') return rooms === 'shared' && history.record;
  if (setting === DIGEST) return durabilityOf(mapping.facts, 'in', 'contact', 'message') === 'journal';
  if (scope === 'room') return rooms === 'shared';
  return setting === 'persistent' ? rooms !== 'none' : identity !== 'operator';
}
