import type { Upload } from '#src/core/media/media.ts';
import type { Fetch } from '#src/lib/http/fetch.ts';
import { splitAccount } from '#src/model/ids.ts';
import type { UploadServices } from '#src/xmpp/peers/upload-services.ts';

type UploadParts = {
  readonly fetch: Fetch;
  slot: UploadServices['slot'];
  /** Whether a domain is of the XMPP server that we are a component of. */
  isHome(domain: string): boolean;
};

/** Milliseconds in which a file has to be there. */
const TIME = 10 * 60_000;

/** Puts files on the upload service of the server that we belong to, for its users. They are sent as they are read. */
export const uploadTo =
  ({ fetch, slot, isHome }: UploadParts): Upload =>
  async (account, file, read) => {
    const { user, transport } = splitAccount(account);
    if (!isHome(user.slice(user.indexOf('@') + 1)) || file.size === 0) return undefined;
    const at = await slot({ user, transport }, file);
    if (!at) return undefined;
    // The server that the operator has joined us to names it: it may be on this machine.
    const answer = await fetch(at.put, {
      ...{ method: 'PUT', body: await read(), size: file.size, timeout: TIME, redirects: 0, namedBy: 'operator' },
      headers: { ...at.headers, 'Content-Type': file.type },
    });
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`the upload service answers ${answer.status}`);
    return at.get;
  };
