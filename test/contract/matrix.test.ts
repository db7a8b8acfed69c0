import { bridgeContract } from './bridge.ts';
import { matrixContract } from './matrix.ts';

bridgeContract(matrixContract);
