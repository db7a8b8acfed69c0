import type { Host } from '#src/bridge.ts';
import type { Draft } from '#src/model/event.ts';

/** Hands drafts on; what goes wrong with them later is the log's. */
export function emit(host: Host, drafts: readonly Draft[]): void {
  if (drafts.length === 0) return;
  // A step of a connection goes on whatever becomes of its news.
  const fail = (error: unknown): void => host.log.error({ err: error }, 'events from IRC were not taken');
  try {
    const work = host.emit(drafts);
    if (work instanceof Promise) work.catch(fail);
  } catch (error) {
    fail(error);
  }
}
