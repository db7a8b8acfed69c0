import type { StreamCondition } from './reader-error.ts';

export type Phase = 'offline' | 'connecting' | 'handshaking' | 'online' | 'closing' | 'waiting';

export type LinkState = {
  readonly phase: Phase;
  /** Failures since the link last was online for a while. */
  readonly attempt: number;
  /** A ping is out and nothing has been heard since. */
  readonly pinged: boolean;
};

/** Why a link went down, in words for the operator. `lasting`: it will not pass by itself. */
export type Reason = { readonly code: string; readonly text: string; readonly lasting: boolean };

export type LinkInput =
  | { readonly on: 'start' | 'connected' | 'accepted' | 'ended' | 'stop' }
  /** The server's stream error. Before `accepted` it is the refusal of the handshake. */
  | { readonly on: 'stream-error'; readonly condition: string; readonly text?: string | undefined }
  | { readonly on: 'malformed'; readonly condition: StreamCondition; readonly text: string }
  | { readonly on: 'closed'; readonly text?: string | undefined }
  /** The timer has run down; `heard`: whether anything came from the server since it was set. */
  | { readonly on: 'timer'; readonly heard: boolean };

export type LinkEffect =
  | { readonly do: 'connect' | 'online' | 'ping' | 'finish' }
  /** Gives the connection up, with a stream error if there is a condition. */
  | { readonly do: 'drop'; readonly condition?: StreamCondition }
  /** Sets the one timer; `wait` sets it by the backoff. */
  | { readonly do: 'timer'; readonly ms: number }
  | { readonly do: 'wait'; readonly attempt: number; readonly slow: boolean }
  | { readonly do: 'tell'; readonly reason?: Reason };

export type LinkTiming = {
  /** Milliseconds from the attempt to connect until the handshake is accepted. */
  readonly connect: number;
  /**
   * How often it is looked whether anything was heard; if not the server is pinged, and has `answer` to say something.
   * So a dead connection is noticed after 2 × `silence` + `answer` at the latest.
   */
  readonly silence: number;
  readonly answer: number;
  /** How long the server may take to close its side. */
  readonly close: number;
};

export const linkTiming: LinkTiming = { connect: 15_000, silence: 12_000, answer: 15_000, close: 3_000 };

export const initial: LinkState = { phase: 'offline', attempt: 0, pinged: false };

/** `tell` comes last: whoever is told may call back. */
type Next = readonly [LinkState, ...LinkEffect[]];

/** Refusals that stay until somebody changes something: XEP-0114 §3, RFC 6120 §4.9.3. */
const LASTING: Readonly<Record<string, string>> = {
  conflict: 'another component is already connected to the XMPP server as this domain: stop that one first',
  'not-authorized': "the XMPP server refused the secret: it must equal the server's own secret for this component",
  'host-unknown': 'the XMPP server has no component of this name: add it to the configuration of the server',
};

function reasonOf(condition: string, text = ''): Reason {
  const lasting = Object.hasOwn(LASTING, condition) ? LASTING[condition] : undefined;
  if (lasting) return { code: condition, text: lasting, lasting: true };
  return {
    code: condition,
    text: `the XMPP server closed the stream: ${condition}${text && ` (${text})`}`,
    lasting: false,
  };
}

const passing = (code: string, text: string): Reason => ({ code, text, lasting: false });

/** Gives up this connection and tries again later; a link that was to be closed is simply closed. */
function retry(state: LinkState, reason: Reason, condition?: StreamCondition): Next {
  if (state.phase === 'offline' || state.phase === 'waiting') return [state];
  const drop: LinkEffect = condition ? { do: 'drop', condition } : { do: 'drop' };
  if (state.phase === 'closing') return [initial, drop, { do: 'tell' }];
  return [
    { phase: 'waiting', attempt: state.attempt + 1, pinged: false },
    drop,
    { do: 'wait', attempt: state.attempt, slow: reason.lasting },
    { do: 'tell', reason },
  ];
}

function connecting(state: LinkState, timing: LinkTiming): Next {
  const next: LinkState = { ...state, phase: 'connecting', pinged: false };
  return [next, { do: 'timer', ms: timing.connect }, { do: 'connect' }, { do: 'tell' }];
}

/** Whatever is heard proves that the server is there; a ping only makes it say something. */
function listening(state: LinkState, heard: boolean, timing: LinkTiming): Next {
  if (state.pinged && !heard) return retry(state, passing('no-answer', 'the XMPP server fell silent'));
  // The link has held for a while: the next failure starts counting anew.
  const next = { ...state, attempt: 0, pinged: !heard };
  return heard
    ? [next, { do: 'timer', ms: timing.silence }]
    : [next, { do: 'timer', ms: timing.answer }, { do: 'ping' }];
}

function onTimer(state: LinkState, heard: boolean, timing: LinkTiming): Next {
  switch (state.phase) {
    case 'waiting':
      return connecting(state, timing);
    case 'online':
      return listening(state, heard, timing);
    case 'offline':
      return [state];
    default:
      return retry(state, passing('no-answer', 'the XMPP server did not answer in time'));
  }
}

function onStop(state: LinkState, timing: LinkTiming): Next {
  if (state.phase === 'online') {
    return [{ ...state, phase: 'closing' }, { do: 'timer', ms: timing.close }, { do: 'finish' }, { do: 'tell' }];
  }
  return state.phase === 'closing' ? [state] : [initial, { do: 'drop' }, { do: 'tell' }];
}

const lost = ({ phase }: LinkState): string =>
  phase === 'connecting' ? 'the XMPP server cannot be reached' : 'the connection is gone';

/** The life of one component link. Pure: what happens next, and what is to be done about it. */
export function step(state: LinkState, input: LinkInput, timing: LinkTiming = linkTiming): Next {
  switch (input.on) {
    case 'start':
      return state.phase === 'offline' ? connecting(state, timing) : [state];
    case 'connected':
      return state.phase === 'connecting' ? [{ ...state, phase: 'handshaking' }, { do: 'tell' }] : [state];
    case 'accepted':
      if (state.phase !== 'handshaking') return [state];
      return [{ ...state, phase: 'online' }, { do: 'timer', ms: timing.silence }, { do: 'online' }, { do: 'tell' }];
    case 'stream-error':
      return retry(state, reasonOf(input.condition, input.text));
    case 'malformed':
      return retry(
        state,
        passing(input.condition, `the XMPP server sent what is not XMPP: ${input.text}`),
        input.condition,
      );
    case 'ended':
      return retry(state, passing('closed', 'the XMPP server closed the stream'));
    case 'closed':
      return retry(state, passing('closed', `${lost(state)}: ${input.text ?? 'closed by the XMPP server'}`));
    case 'timer':
      return onTimer(state, input.heard, timing);
    case 'stop':
      return onStop(state, timing);
  }
}
