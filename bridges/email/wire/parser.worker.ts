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
    if ('clean' in ask) return { done: cleanText(ask.clean, ask.sent) };
    const mail = parseMail(ask.slim);
    // What answers nothing quotes nothing that we sent: it is not asked about once more.
    const isNew = mail.inReplyTo.length === 0 && mail.references.length === 0 && !mail.report;
    return isNew ? { done: mail, clean: cleanText(mail, []) } : { done: mail };
  } catch (error) {
    if (error instanceof MailRefused)
      return { refused: { status: error.status, enhanced: error.enhanced, text: error.message } };
    return { broken: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
