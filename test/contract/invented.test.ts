import { pigeonContract } from '../invented/network.ts';
import { ghostBridge, sharedBridge } from '../invented/pigeon/index.ts';
import { bridgeContract } from './bridge.ts';

bridgeContract(pigeonContract('the invented network'));
bridgeContract(pigeonContract('the invented network with shared rooms', sharedBridge));
bridgeContract(pigeonContract('the invented network without sessions', ghostBridge));
