/** XEP-0059: which part of a long list is wanted. `max` counts items. */
export type Page = {
  readonly max: number;
  readonly after?: string;
  readonly before?: string;
  readonly index?: number;
};
