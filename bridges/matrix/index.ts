import { matrix as mapping } from '#mappings/matrix.ts';
import type { BridgeDefinition } from '#src/bridge.ts';
import { openAccounts, withAccounts } from './account/accounts.ts';
import { accountCommands } from './account/commands.ts';
import { passwordAndToken } from './account/login.ts';
import { byOauth } from './account/oauth.ts';
import { bySso } from './account/sso.ts';
import { addresses } from './addresses.ts';
import { openAppservice } from './appservice/appservice.ts';
import { account, config, type MatrixConfig } from './config.ts';
import { texts } from './texts.ts';

/**
 * Matrix, in two ways side by side: as an application service, where each XMPP user has a user of the homeserver and nobody
 * logs in, and by an account of their own for whoever has linked one.
 */
export const bridge: BridgeDefinition<MatrixConfig> = {
  kind: 'matrix',
  title: 'Matrix',
  identity: { type: 'matrix', name: 'Matrix', prompt: { text: texts.prompt, label: texts.promptLabel } },
  mapping,
  config,
  needs: ({ appservice }) => (appservice.url === undefined ? 'address' : 'listener'),
  settings: () => ({ account }),
  logins: [...passwordAndToken, bySso, byOauth],
  commands: accountCommands,
  addresses: () => addresses,
  realms: () => [''],
  open: async (settings, host) => withAccounts(openAccounts(settings, host), await openAppservice(settings, host)),
};
