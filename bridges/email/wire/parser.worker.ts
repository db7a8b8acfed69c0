import { parentPort } from 'node:worker_threads';
import { cleanText } from './clean/clean.ts';
import { MailRefused } from './mail.ts';
import { parseMail } from './parse.ts';
import type { ParserAnswer, ParserAsk, ParserReport } from './parser.ts';

const port = parentPort;
if (!port) throw new Error('this file is the start of a worker thread');

const report = (answered: ParserAnswer | undefined): ParserReport => ({ ...answered, spent: process.threadCpuUsage() });

port.on('message', (ask: ParserAsk) => port.postMessage(report(answer(ask))));
port.postMessage(report(undefined));

function answer(ask: ParserAsk): ParserAnswer {
  try {
    return { done: 'slim' in ask ? parseMail(ask.slim) : cleanText(ask.clean, ask.sent) };
  } catch (error) {
    if (error instanceof MailRefused)
      return { refused: { status: error.status, enhanced: error.enhanced, text: error.message } };
    return { broken: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
