import { degrade } from '#src/core/way/degrade.ts';
import { NOTHING } from '#src/core/way/resolve.ts';
import { type RouteContext, route } from '#src/core/way/route.ts';
import type { Draft } from '#src/model/event.ts';
import { Failure } from '#src/model/failure.ts';
import type { AccountKey } from '#src/model/ids.ts';

/** Nothing of this is ever put up as a file. */
const WITHOUT_FILES = { media: undefined };

/** What a network is told of a user by themselves. One whose table refuses it is told nothing; nobody asked for it to be sent. */
export function carried(context: RouteContext, draft: Draft, account: AccountKey): readonly Draft[] {
  try {
    return degrade(WITHOUT_FILES, draft, route(context, draft, account), NOTHING).pieces;
  } catch (error) {
    if (error instanceof Failure) return [];
    throw error;
  }
}
