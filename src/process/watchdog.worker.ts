import { workerData } from 'node:worker_threads';
import { watchHeart } from '#src/lib/stall.ts';

watchHeart(workerData);
