import { bridgeContract } from './bridge.ts';
import { emailAccountContract } from './email-account.ts';

bridgeContract(emailAccountContract);
