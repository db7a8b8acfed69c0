import type { Host } from '#src/bridge.ts';
import type { Draft } from '#src/model/event.ts';

/** Hands drafts on; what goes wrong with them later is the log's. */
export function emit(host: Host, drafts: readonly Draft[]): void {
  if (drafts.length === 0) return;
  host.emit(drafts)?.catch((error: unknown) => host.log.error({ err: error }, 'events from IRC were not taken'));
}
