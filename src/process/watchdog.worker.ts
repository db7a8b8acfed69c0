import { workerData } from 'node:worker_threads';
import { watchHeart } from '#src/lib/time/stall.ts';

watchHeart(workerData);
