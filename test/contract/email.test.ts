import { bridgeContract } from './bridge.ts';
import { emailContract } from './email.ts';

bridgeContract(emailContract);
