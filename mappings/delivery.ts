import type { Capabilities, DeliveryFacts } from '#src/model/capabilities.ts';

const MINUTE = 60_000;

/** What holds where a table says nothing: one at a time, tried for a day from 1 s up to 5 min apart. */
export const usualDelivery: Required<DeliveryFacts> = {
  window: 1,
  expiry: 24 * 60 * MINUTE,
  told: 15 * MINUTE,
  retry: { min: 1000, max: 5 * MINUTE },
  pause: 60 * MINUTE,
  burst: 0,
};

const known = new WeakMap<Capabilities, Required<DeliveryFacts>>();

/** How what is journaled goes to a network. */
export function deliveryOf(facts: Capabilities): Required<DeliveryFacts> {
  const found = known.get(facts) ?? { ...usualDelivery, ...facts.delivery };
  known.set(facts, found);
  return found;
}
