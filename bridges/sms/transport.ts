import type { Host } from '#src/bridge.ts';
import { lanes } from '#src/lib/lanes.ts';
import type { SmsConfig } from './config.ts';
import type { Provider } from './provider/provider.ts';
import type { SmsState } from './routing/state.ts';
import type { LatestTexts } from './texts/recent-texts.ts';

/** An opened transport: what everything that happens on it works with. */
export type SmsTransport = {
  readonly host: Host;
  readonly config: SmsConfig;
  readonly provider: Provider;
  readonly state: SmsState;
  readonly recent: LatestTexts;
  /** Runs what reads and changes the state of one correspondent, one after the other. */
  alone<T>(their: string, work: () => Promise<T>): Promise<T>;
};

/** Serial execution by key, with results. */
export function openLanes(host: Host): SmsTransport['alone'] {
  const serial = lanes((error) => host.log.error({ err: error }, 'work in a lane failed'));
  return (key, work) =>
    new Promise((done, fail) => {
      serial.run(key, () => work().then(done, fail));
    });
}
