import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Delivered, Host, Session, SessionKey } from '#src/bridge.ts';
import type { Event } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { ForeignId } from '#src/model/ids.ts';
import { decode, type View } from './decode.ts';
import { encode } from './encode.ts';
import { Requests } from './requests.ts';
import { type Asked, type FromTower, fromTower, lineCutter, lineOf, wordsOf } from './wire.ts';

/** Lines that may wait to be taken; above, the socket is read no further. */
const BACKLOG = 100;
/** Milliseconds that the tower has to close the line after we did. */
const FAREWELL = 2_000;

type Given = { readonly key: SessionKey; readonly name: string; readonly socket: Socket; readonly window: number };

/** The line of one account to the tower, which owns its socket. */
export class Client {
  readonly session: Session;
  readonly name: string;
  readonly #host: Host;
  readonly #key: SessionKey;
  readonly #view: View;
  readonly #socket: Socket;
  readonly #requests: Requests;
  readonly #closed = Promise.withResolvers<void>();
  readonly #inbox: FromTower[] = [];
  #phase: 'login' | 'online' | 'closing' | 'closed' = 'login';
  #failure = new Failure('recipient-unavailable', { text: 'The tower closed the line.' });
  #paused = false;
  #busy = false;

  constructor(host: Host, view: View, { key, name, socket, window }: Given) {
    this.session = { ...key, close: () => this.close(new Failure('recipient-unavailable')) };
    this.#key = key;
    this.name = name;
    this.#host = host;
    this.#view = view;
    this.#socket = socket;
    this.#requests = new Requests(host.clock, window, (words) => this.#write(words));
    const cut = lineCutter((line) => void this.#inbox.push(fromTower.parse(wordsOf(line))));
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      try {
        cut(chunk);
      } catch (error) {
        this.#broken(error);
      }
      this.#drain().catch((error) => this.#broken(error));
    });
    socket.on('error', (error) => host.log.debug({ error: error.name }, 'the line to the tower broke'));
    socket.on('close', () => this.#gone());
  }

  /** Rejects with a `Failure`, and then the line is closed. */
  async login(signal: AbortSignal): Promise<void> {
    const giveUp = () => this.#fail(new Failure('recipient-unavailable', { text: 'The attempt was given up.' }));
    signal.addEventListener('abort', giveUp);
    try {
      if (signal.aborted) giveUp();
      await this.ask(['login', this.name]);
    } catch (error) {
      await this.close(this.#failure);
      throw error;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  /** Returns once it is written or waits to be; what the tower answers is settled. Throws a `Failure`. */
  deliver(event: Event): Delivered {
    if (this.#phase !== 'online') throw new Failure('recipient-unavailable');
    this.#requests.start(event.id, encode(event), (outcome) => {
      if (outcome instanceof Failure) return this.#settle(event, outcome);
      this.#settle(event, { ids: outcome === '' ? [] : [outcome as ForeignId], state: 'taken' });
    });
    return { ids: [], state: 'written' };
  }

  /** Rejects with a `Failure`. */
  ask(asked: Asked): Promise<string> {
    return new Promise((done, fail) => {
      if (this.#phase === 'closing' || this.#phase === 'closed') throw new Failure('recipient-unavailable');
      this.#requests.start(randomUUID(), asked, (outcome) =>
        (outcome instanceof Failure ? fail : done)(outcome as never),
      );
    });
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    this.#drain().catch((error) => this.#broken(error));
  }

  /** Leaves; what waits fails with `failure`. Never rejects. */
  async close(failure: Failure): Promise<void> {
    if (this.#phase !== 'closed') this.#phase = 'closing';
    this.#failure = failure;
    this.#socket.end();
    this.#socket.resume();
    const giveUp = this.#host.clock.after(FAREWELL, () => this.#socket.destroy());
    await this.#closed.promise;
    giveUp();
  }

  #write(words: readonly string[]): void {
    this.#socket.write(`${lineOf(words)}\n`);
  }

  /** One message after the other, so that the tower is not read faster than we are. */
  async #drain(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    for (let next = this.#next(); next; next = this.#next()) await this.#take(next);
    this.#busy = false;
  }

  #next(): FromTower | undefined {
    const stopped = this.#paused || this.#phase === 'closing' || this.#phase === 'closed';
    const next = stopped ? undefined : this.#inbox.shift();
    if (this.#phase !== 'closing' && (this.#paused || this.#inbox.length > BACKLOG)) this.#socket.pause();
    else this.#socket.resume();
    return next;
  }

  async #take(message: FromTower): Promise<void> {
    if (message[0] === 'ok' || message[0] === 'no') {
      if (this.#phase === 'login' && message[0] === 'ok') this.#online();
      return this.#requests.answered(message);
    }
    const drafts = decode(message, this.#view);
    if (drafts.length > 0) await this.#host.emit(drafts);
    // A message that comes again has the same id, by which the core knows it: nothing else has to be remembered.
    this.#write(['ack', String(message[1])]);
  }

  #online(): void {
    this.#phase = 'online';
    this.#host.status(this.#key, { kind: 'online', nick: this.name });
  }

  #settle(event: Event, outcome: Delivered | Failure): void {
    Promise.resolve(this.#host.settle(event.id, outcome)).catch((err) =>
      this.#host.log.warn({ err }, 'an outcome was not kept'),
    );
  }

  #broken(error: unknown): void {
    this.#host.log.error({ err: error }, 'a line of the tower could not be taken');
    this.#fail(new Failure('remote-server-timeout', { cause: error }));
  }

  #fail(failure: Failure): void {
    this.#failure = failure;
    this.#socket.destroy();
  }

  #gone(): void {
    const before = this.#phase;
    this.#phase = 'closed';
    this.#requests.fail(this.#failure);
    if (before === 'online') this.#host.status(this.#key, { kind: 'lost', failure: this.#failure });
    this.#closed.resolve();
  }
}
