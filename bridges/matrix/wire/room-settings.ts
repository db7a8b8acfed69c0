import { Failure } from '#src/model/failure.ts';
import type { Answer, Field, Form } from '#src/model/form.ts';
import type { Content } from './event.ts';
import { maySet } from './power.ts';
import type { MatrixRoom } from './room.ts';
import { settingTexts as texts } from './setting-texts.ts';

/** One setting of a room: which state it is, how it is shown, and what an answer makes of it. */
type Setting = {
  readonly type: string;
  field(room: MatrixRoom): Field;
  /** Nothing where the answer is what there is. */
  content(room: MatrixRoom, value: string): Content['content'] | undefined;
};

const bool = (value: boolean): readonly string[] => [value ? 'true' : 'false'];
const isTrue = (value: string): boolean => value === '1' || value === 'true';
/** Client-server API §10.13. */
const HISTORY = ['world_readable', 'shared', 'invited', 'joined'] as const;

const SETTINGS: readonly Setting[] = [
  {
    type: 'm.room.name',
    field: ({ name }) => ({ name: 'name', label: texts.name, type: 'text', value: [name ?? ''] }),
    content: (room, name) => (name === (room.name ?? '') ? undefined : { name }),
  },
  {
    type: 'm.room.join_rules',
    field: ({ joinRule }) => ({
      ...{ name: 'members-only', label: texts.membersOnly, type: 'boolean', value: bool(joinRule !== 'public') },
    }),
    content({ joinRule }, value) {
      const closed = isTrue(value);
      return closed === (joinRule !== 'public') ? undefined : { join_rule: closed ? 'invite' : 'public' };
    },
  },
  {
    type: 'm.room.history_visibility',
    field: ({ historyVisibility }) => ({
      name: 'history',
      label: texts.history,
      type: 'choice',
      value: [historyVisibility],
      options: HISTORY.map((value) => ({ value, label: texts[value] })),
    }),
    content: (room, value) => (value === room.historyVisibility ? undefined : { history_visibility: value }),
  },
];

/** The types of state that settings are about, and who may change them. */
export const SETTING_TYPES: readonly string[] = ['m.room.power_levels', ...SETTINGS.map(({ type }) => type)];

/** The settings of a room that a user may change; nothing for who may change none. */
export function settingsForm(room: MatrixRoom, user: string): Form | undefined {
  const fields = SETTINGS.filter(({ type }) => maySet(room.levels, user, type)).map(({ field }) => field(room));
  return fields.length === 0 ? undefined : { fields };
}

/** The state that an answer asks for. Throws a `Failure` for what the user may not change. */
export function settingsChanges(room: MatrixRoom, user: string, answer: Answer): readonly Content[] {
  return SETTINGS.flatMap((setting) => {
    const { name } = setting.field(room);
    const value = answer[name]?.[0] ?? (answer[name] && '');
    const content = value === undefined ? undefined : setting.content(room, value);
    if (!content) return [];
    if (!maySet(room.levels, user, setting.type)) throw new Failure('not-permitted');
    return [{ type: setting.type, content }];
  });
}
