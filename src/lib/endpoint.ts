import { isIP } from 'node:net';
import { z } from 'zod';

const LISTEN = 'must be an address and a port, such as 127.0.0.1:2524';

/** An address and a port in a config file, such as `127.0.0.1:2524` or `[::1]:113`; no other host name than `localhost`. */
export const endpointSchema = z.string().transform((text, context): { host: string; port: number } => {
  const found = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const host = found?.[1] ?? found?.[2] ?? '';
  if (found && Number(found[3]) <= 65_535 && (isIP(host) || host === 'localhost'))
    return { host, port: Number(found[3]) };
  context.addIssue({ code: 'custom', message: LISTEN });
  return z.NEVER;
});
