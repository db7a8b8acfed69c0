import { bridgeContract } from './bridge.ts';
import { matrixAccountContract } from './matrix-account.ts';

bridgeContract(matrixAccountContract);
