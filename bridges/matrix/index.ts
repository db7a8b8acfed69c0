import { matrix as mapping } from '#mappings/matrix.ts';
import type { BridgeDefinition } from '#src/bridge.ts';
import { addresses } from './addresses.ts';
import { openAppservice } from './appservice/appservice.ts';
import { account, config, type MatrixConfig } from './config.ts';
import { texts } from './texts.ts';

/** Matrix: as an application service, where each XMPP user has a user of the homeserver. Nobody logs in. */
export const bridge: BridgeDefinition<MatrixConfig> = {
  kind: 'matrix',
  title: 'Matrix',
  identity: { type: 'matrix', name: 'Matrix', prompt: { text: texts.prompt, label: texts.promptLabel } },
  mapping,
  config,
  settings: { account },
  logins: [],
  commands: [],
  addresses: () => addresses,
  realms: () => [''],
  open: openAppservice,
};
