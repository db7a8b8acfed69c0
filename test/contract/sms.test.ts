import { bridgeContract } from './bridge.ts';
import { smsContract } from './sms.ts';

bridgeContract(smsContract);
