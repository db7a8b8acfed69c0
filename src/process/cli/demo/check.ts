import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { visitMailbox } from './check-mailbox.ts';
import { visitMatrix } from './check-matrix.ts';
import { patience, seen, visitPhone } from './check-phone.ts';
import { type IrcClient, ircClient } from './irc-client.ts';
import { pathOf } from './servers/available.ts';
import type { Steps } from './steps.ts';
import { channel, nick, type World } from './world.ts';

/** What a headless Chromium needs on a server, and nothing of it asks the Internet. */
export const browserArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Uses the demo as a visitor does, in a headless browser, with a second pair of eyes on IRC. Writes a screenshot in any
 * case and says where. Rejects with an Error that says what did not come to pass.
 */
export async function checkPage(world: World, steps: Steps, screenshot?: string): Promise<void> {
  const file = resolve(screenshot ?? join(tmpdir(), 'isthmus-demo.png'));
  await mkdir(dirname(file), { recursive: true });
  await using stack = new AsyncDisposableStack();
  const irc = stack.use(await witness(world.ircPort));
  const browser = stack.adopt(await launch(), (open) => open.close());
  const page = await browser.newPage({ viewport: { width: 1600, height: 900 } });
  const complaints = listen(page);
  try {
    await visit(page, irc, world, steps);
    await visitPhone(page, steps);
    await visitMailbox(page, steps);
    if (world.hasMatrix) await visitMatrix(page, steps);
    await steps.step('the room is where it was', async () => {
      await page.locator('converse-rooms-list a.open-room').filter({ hasText: channel }).first().click();
      await seen(page.locator(`converse-muc[jid^="${channel}"] textarea.chat-textarea`), 'the room');
    });
    if (complaints.length > 0) throw new Error('the page complained');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error([`the check failed: ${reason}`, ...complaints, `screenshot: ${file}`].join('\n'));
  } finally {
    await page.screenshot({ path: file });
  }
  steps.say(`\nAll is well. Screenshot: ${file}`);
}

function launch(): Promise<Browser> {
  // Ctrl-C is for us, who close the browser in its turn.
  const ours = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
  return chromium.launch({ executablePath: pathOf('chromium'), args: browserArguments, ...ours });
}

async function witness(port: number): Promise<IrcClient> {
  const irc = await ircClient({ port, nick: 'rosa', realname: 'Watches on IRC' });
  irc.send(`JOIN ${channel}`);
  await irc.barrier();
  return irc;
}

async function visit(page: Page, irc: IrcClient, { url }: World, { step }: Steps): Promise<void> {
  const word = `check-${crypto.randomUUID().slice(0, 8)}`;
  const composer = page.locator('converse-muc textarea.chat-textarea');
  await step('the page opens and the room is joined', async () => {
    await page.goto(url);
    await composer.waitFor({ timeout: patience });
    await irc.next((line) => line.command === 'JOIN' && line.nick === nick, `${nick} to join on IRC`);
    await shown(page, 'mira', `Welcome to ${channel}, ${nick}!`);
  });
  await step('a typed line arrives on IRC', async () => {
    await composer.fill(`!echo ${word}`);
    await composer.press('Enter');
    const isTyped = (nickname: string, text = '') => nickname === nick && text === `!echo ${word}`;
    await irc.next(
      (line) => line.command === 'PRIVMSG' && isTyped(line.nick, line.params[1]),
      `${nick}: !echo ${word}`,
    );
  });
  await step('a bot answers in the page', () => shown(page, 'parrot', `Squawk! ${word}`));
  await step('a line from IRC arrives in the page', async () => {
    irc.send(`PRIVMSG ${channel} :Good day, ${nick}. I am rosa and I use an IRC client.`);
    await shown(page, 'rosa', 'I use an IRC client.');
  });
  await step('the conversation goes on', async () => {
    await composer.fill('hello everybody');
    await composer.press('Enter');
    await shown(page, 'mira', `Hello, ${nick}!`);
    await shown(page, 'mira', 'ask me something');
  });
  if (await page.locator('.modal.show').count()) throw new Error('a dialogue is open in the page');
}

/** Waits for a message with this text by this occupant. */
async function shown(page: Page, author: string, text: string): Promise<void> {
  // Only the first of several in a row shows who wrote it.
  const message = page.locator(`.chat-msg[data-from$='/${author}']`).filter({ hasText: text }).first();
  await message.waitFor({ timeout: patience }).catch(() => {
    throw new Error(`the page did not show "${text}" by ${author} within ${patience / 1000} s`);
  });
}

/** Errors of the page, and requests to anywhere but this machine. */
function listen(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`error in the page: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (/^(http|ws)/.test(protocol) && hostname !== '127.0.0.1') complaints.push(`request to ${hostname}`);
  });
  page.on('requestfailed', (request) =>
    complaints.push(`failed: ${request.url()} ${request.failure()?.errorText ?? ''}`),
  );
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
  });
  return complaints;
}
