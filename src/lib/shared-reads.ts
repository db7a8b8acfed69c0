import { Socket, type SocketConstructorOpts } from 'node:net';

/** Bytes that are read at a time, as Node itself does it. */
const SIZE = 64 * 1024;
let shared: Buffer | undefined;

/**
 * A socket that reads into one buffer for all of its kind: what `data` hands out is overwritten once the listener has
 * returned. Each read would allocate 64 KB otherwise, which live until garbage is collected, and what is made in the
 * meantime keeps the holes between them from being given back. It is only for plain TCP, and `data` needs a listener
 * before it reads: nothing is buffered.
 */
export class SharedReadsSocket extends Socket {
  constructor(options: SocketConstructorOpts = {}) {
    shared ??= Buffer.allocUnsafeSlow(SIZE);
    const buffer = shared;
    const callback = (size: number): boolean => {
      this?.emit('data', buffer.subarray(0, size));
      return true;
    };
    super({ ...options, onread: { buffer, callback } });
  }
}
