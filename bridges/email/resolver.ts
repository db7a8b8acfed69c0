import { Resolver } from 'node:dns/promises';
import type { EmailConfig } from './config.ts';

/** Asks the operator's name server, or that of the system. */
export function openResolver({ dns: at }: Pick<EmailConfig, 'dns'>): Resolver {
  const dns = new Resolver({ timeout: 5000, tries: 2 });
  if (at) dns.setServers([`${at.host}:${at.port}`]);
  return dns;
}
