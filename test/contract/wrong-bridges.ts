import type { Bridge, BridgeDefinition, Command, Host } from '#src/bridge.ts';
import type { Address } from '#src/model/address.ts';
import type { Draft, Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import { connecting } from '../host-parts.ts';

/** A bridge made wrong in one way, and the name of the check that catches it. */
export type Wrong = {
  readonly name: string;
  readonly check: string;
  wrong(definition: BridgeDefinition): BridgeDefinition;
};

type Changes = {
  readonly host?: (host: Host) => Partial<Host>;
  readonly bridge?: (bridge: Bridge) => Partial<Bridge>;
};

/** The definition with a host or a bridge that does some things differently. */
const changed =
  ({ host, bridge }: Changes) =>
  (definition: BridgeDefinition): BridgeDefinition => ({
    ...definition,
    async open(config, given) {
      const opened = await definition.open(config, { ...given, ...host?.(given) });
      return { ...opened, ...bridge?.(opened) };
    },
  });

const addresses =
  (change: (of: ReturnType<BridgeDefinition['addresses']>) => object) => (definition: BridgeDefinition) => ({
    ...definition,
    addresses: (config: unknown) => {
      const right = definition.addresses(config);
      return { ...right, ...change(right) };
    },
  });

const command: Omit<Command, 'node'> = {
  on: 'room',
  who: 'user',
  title: 'Does nothing',
  async *run() {
    yield { kind: 'show', text: '' };
    return '';
  },
};

const certainly = (certain: boolean) =>
  changed({
    host: ({ settle }) => ({
      settle: (id, outcome) =>
        settle(id, outcome instanceof Failure ? new Failure(outcome.code, { certain }) : outcome),
    }),
  });

const IN_ORDER = 'delivers in order, and tells so in order';
const ONLY_FAILURES = 'deliver throws failures only, whatever an event holds';
const KINDS = 'every kind that the table lets out is taken, every other one is refused';
const ADDRESSES = 'addresses: parse, format and fold agree with each other';
const BREAKS = 'when the line breaks, what was written is in doubt and what was not is certain';
const REFUSED = 'a refused login is a failure, and its line is closed';

/** What can be wrong with any bridge. */
export const wrongBridges: readonly Wrong[] = [
  {
    name: 'sends what it previews',
    check: 'sends nothing for a preview',
    wrong: changed({
      bridge: ({ deliver }) => ({
        async preview(event, session) {
          await deliver(event, session);
          return { text: event.kind === 'message' ? event.text : '' };
        },
      }),
    }),
  },
  {
    name: 'says one thing of what goes as one',
    check: 'what goes as one has an outcome for each',
    wrong: changed({
      bridge: ({ deliverTogether }) => ({
        deliverTogether: async (events, session) => (await deliverTogether?.(events, session))?.slice(0, 1) ?? [],
      }),
    }),
  },
  {
    name: 'charges what nobody has a budget for',
    check: 'what an event costs has a budget',
    wrong: (definition) => ({ ...definition, charges: () => [{ budget: 'nothing', amount: 1 }] }),
  },
  {
    name: 'asks nobody for what it does not carry',
    check: 'what nobody is asked for is carried all the same, and is not advertised',
    wrong: (definition) => {
      const { facts, policy } = definition.mapping;
      const [out, none] = [
        { ...facts.out, marker: 'none' },
        { ...facts.in, marker: 'none' },
      ] as const;
      return { ...definition, mapping: { facts: { ...facts, out, in: none, unasked: ['marker'] }, policy } };
    },
  },
  {
    name: 'starts two commands with one word',
    check: 'what is typed in a room starts one command of rooms',
    wrong: (definition) => ({
      ...definition,
      commands: ['a', 'b'].map((node) => ({ ...command, node, typed: ['word'] })),
    }),
  },
  {
    name: 'settles twice',
    check: IN_ORDER,
    wrong: changed({
      host: ({ settle }) => ({
        settle(id, outcome) {
          settle(id, outcome);
          settle(id, outcome);
        },
      }),
    }),
  },
  { name: 'never settles', check: IN_ORDER, wrong: changed({ host: () => ({ settle: () => undefined }) }) },
  {
    name: 'lets messages overtake each other',
    check: IN_ORDER,
    wrong: changed({ bridge: ({ deliver }) => ({ deliver: overtaking(deliver) }) }),
  },
  {
    name: 'says that all is taken at once',
    check: 'tells that an event was taken only after the network has it',
    wrong: changed({
      bridge: ({ deliver }) => ({
        deliver(event, session) {
          deliver(event, session);
          return { ids: [], state: 'taken' };
        },
      }),
    }),
  },
  { name: 'is certain of what it wrote', check: BREAKS, wrong: certainly(true) },
  { name: 'doubts what it never wrote', check: BREAKS, wrong: certainly(false) },
  { name: 'doubts a refusal', check: 'what the network refuses is a certain failure', wrong: certainly(false) },
  {
    name: 'throws what is no failure',
    check: ONLY_FAILURES,
    wrong: changed({
      bridge: ({ deliver }) => ({
        deliver(event, session) {
          if (JSON.stringify(event).includes('\\r\\n')) throw new TypeError('not thought of');
          return deliver(event, session);
        },
      }),
    }),
  },
  {
    name: 'takes what it cannot carry',
    check: KINDS,
    wrong: changed({
      bridge: ({ deliver }) => ({
        deliver: (event, session) =>
          event.kind === 'occupants' ? { ids: [], state: 'taken' } : deliver(event, session),
      }),
    }),
  },
  {
    name: 'refuses what its table lets out',
    check: KINDS,
    wrong: changed({
      bridge: ({ deliver }) => ({
        deliver(event, session) {
          if (event.kind === 'topic') throw new Failure('not-supported');
          return deliver(event, session);
        },
      }),
    }),
  },
  {
    name: 'never tells of a kind that its table lets in',
    check: 'every kind that the table lets in is told, and no other one',
    wrong: changed({
      host: ({ emit }) => ({
        emit: (drafts, writes) =>
          emit(
            drafts.filter(({ kind }) => kind !== 'topic'),
            writes,
          ),
      }),
    }),
  },
  {
    name: 'narrows to more than its table',
    check: 'narrow never offers more than the table',
    wrong: changed({
      bridge: ({ narrow }) => ({
        narrow(place, session) {
          const right = narrow?.(place, session);
          if (!right) throw new Error('the bridge narrows');
          return { ...right, out: { ...right.out, occupants: 'full' } };
        },
      }),
    }),
  },
  {
    name: 'tells in another order',
    check: 'what is said in a room is told there, in order',
    wrong: changed({ host: ({ emit }) => ({ emit: swapping(emit) }) }),
  },
  {
    name: 'reads on while paused',
    check: 'pause stops reading, and nothing is lost by it',
    wrong: changed({ bridge: () => ({ pause: () => undefined }) }),
  },
  {
    name: 'leaves its lines open',
    check: 'closing the bridge settles everything and closes every line',
    wrong: changed({ bridge: () => ({ [Symbol.asyncDispose]: async () => undefined }) }),
  },
  {
    name: 'leaves a line open after a refusal',
    check: REFUSED,
    wrong: changed({
      host: ({ connect }) => ({
        async connect(target, signal) {
          await connect(target, signal);
          return connect(target, signal);
        },
      }),
    }),
  },
  {
    name: 'rejects a login with what is no failure',
    check: REFUSED,
    wrong: changed({
      bridge: (bridge) => ({
        connect: (key, wish, signal) =>
          connecting(bridge)
            .connect(key, wish, signal)
            .catch((cause: unknown) => Promise.reject(new Error('no', { cause }))),
      }),
    }),
  },
  {
    name: 'tells of a loss twice',
    check: 'a line that breaks is told once',
    wrong: changed({
      host: ({ status }) => ({
        status(key, state) {
          status(key, state);
          if (state.kind === 'lost') status(key, state);
        },
      }),
    }),
  },
  {
    name: 'formats what it does not parse',
    check: ADDRESSES,
    wrong: addresses(({ format }) => ({ format: (address: Address) => format(address).slice(0, -1) })),
  },
  {
    name: 'parses with what is no failure',
    check: ADDRESSES,
    wrong: addresses(({ parse }) => ({
      parse(local: string) {
        if (/[\r\n ]/.test(local)) throw new RangeError('not thought of');
        return parse(local);
      },
    })),
  },
  {
    name: 'folds a second time to something else',
    check: ADDRESSES,
    wrong: addresses(({ fold }) => ({ fold: (address: Address) => ({ ...fold(address), name: `${address.name}x` }) })),
  },
];

/** What can be wrong with one on which nobody has a session. */
export const wrongGhosts: readonly Wrong[] = [
  {
    name: 'leaves ghosts behind',
    check: 'an account that is removed leaves no line',
    wrong: changed({ bridge: () => ({ forget: async () => undefined }) }),
  },
];

/** What can be wrong with one that keeps a journal and has lists. */
export const wrongJournals: readonly Wrong[] = [
  {
    name: 'forgets whom of several it did not reach',
    check: 'what reached some of several is taken, and tells whom it did not reach',
    wrong: changed({
      host: ({ settle }) => ({
        settle: (id, outcome) =>
          settle(id, outcome instanceof Failure ? outcome : { ids: outcome.ids, state: outcome.state }),
      }),
    }),
  },
  {
    name: 'acknowledges what is not durable yet',
    check: 'acknowledges an event only once it is durable',
    wrong: changed({ host: ({ emit }) => ({ emit: (drafts, writes) => void emit(drafts, writes) }) }),
  },
  {
    name: 'tells a repeat as something new',
    check: 'an event that the network repeats has the same ids or is not told again',
    wrong: changed({
      host: ({ emit }) => ({
        emit: (drafts, writes) =>
          emit(
            drafts.flatMap(({ ids: _, ...one }): Draft[] => [one, one]),
            writes,
          ),
      }),
    }),
  },
  {
    name: 'tells what has overtaken first',
    check: 'events that overtake each other are told in order',
    wrong: changed({ host: ({ emit }) => ({ emit: swapping(emit) }) }),
  },
  {
    name: 'gives whole lists for pages',
    check: 'lists come in pages, each entry once',
    wrong: changed({
      bridge: ({ ask }) => ({
        ask: (query, session) => ask('page' in query ? { ...query, page: { max: 1000 } } : query, session),
      }),
    }),
  },
];

/** What can be wrong where the network is given the bytes of files. */
export const wrongFiles: readonly Wrong[] = [
  {
    name: 'lets a message overtake the file before it',
    check: 'reads a file to its end, and nothing in its conversation overtakes it',
    wrong: changed({ bridge: ({ deliver }) => ({ deliver: overtaking(deliver) }) }),
  },
  {
    name: 'sends a message without the file that could not be had',
    check: 'says of a file that cannot be had what the sender is to hear, and sends nothing',
    wrong: changed({
      bridge: ({ deliver }) => ({
        deliver(event, session) {
          if (event.kind !== 'message') return deliver(event, session);
          const { files: _, ...rest } = event;
          return deliver(rest, session);
        },
      }),
    }),
  },
  {
    name: 'takes what has come of a file for all of it',
    check: 'sends nothing of a file that breaks off',
    wrong: changed({
      host: ({ media }) => ({
        media: {
          ...media,
          async open(file, limits) {
            const opened = await media.open(file, limits);
            const begun = (await opened.content.getReader().read()).value ?? new Uint8Array();
            return { ...opened, content: ReadableStream.from([begun]) as ReadableStream<Uint8Array> };
          },
        },
      }),
    }),
  },
];

/** Keeps every second message back until the next one. */
function overtaking(deliver: Bridge['deliver']): Bridge['deliver'] {
  let kept: Event | undefined;
  return (event, session) => {
    if (event.kind !== 'message') return deliver(event, session);
    const before = kept;
    kept = before ? undefined : event;
    if (!before) return { ids: [], state: 'written' };
    const delivered = deliver(event, session);
    deliver(before, session);
    return delivered;
  };
}

/** Tells what comes first after what comes next. */
function swapping(emit: Host['emit']): Host['emit'] {
  let kept: readonly Draft[] = [];
  return (drafts, writes) => {
    const [first] = drafts;
    if (first?.kind === 'message' && /^(first|one)$/.test(first.text)) {
      kept = drafts;
      return emit([], writes);
    }
    const both = [...drafts, ...kept];
    kept = [];
    return emit(both, writes);
  };
}
