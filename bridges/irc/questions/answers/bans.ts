import type { Collector } from '#bridges/irc/questions/kinds.ts';

/** Masks of a ban list that are read; what is beyond is dropped. */
const MOST = 1000;

export type BanMasks = readonly string[];

/** RFC 2812 §5.1: 367 "<channel> <banmask>", with who set it and when on today's servers. */
export function banMasks(): Collector<BanMasks> {
  const masks: string[] = [];
  return {
    row({ params: [, , mask = ''] }) {
      if (masks.length < MOST && mask !== '') masks.push(mask);
    },
    end: () => masks,
  };
}
