import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Locator, type Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { browserArguments } from '#src/process/cli/demo/check.ts';
import { servePage } from '#src/process/cli/demo/page.ts';
import { pathOf } from '#src/process/cli/demo/servers/available.ts';
import { freePorts } from '#src/process/cli/demo/servers/ports.ts';
import { PATIENCE } from '../patience.ts';
import { describeReal, ircClient } from './servers.ts';
import { roomOf, startWorld } from './world.ts';

/** A folder for screenshots, for whoever wants to look at them. */
const SCREENSHOTS = process.env.ISTHMUS_SCREENSHOTS;

async function look(page: Page, name: string): Promise<void> {
  if (SCREENSHOTS === undefined) return;
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
}

async function type(composer: Locator, text: string): Promise<void> {
  await composer.fill(text);
  await composer.press('Enter');
}

describeReal('Converse.js', ['prosody', 'inspircd', 'chromium'], () => {
  test('joins, talks, whispers, changes its nick, sets the subject, kicks and leaves', async () => {
    await using stack = new AsyncDisposableStack();
    const world = stack.use(await startWorld({ ircd: 'inspircd', http: true }));
    const irc = stack.use(await ircClient({ port: world.ircd.ports.plain, nick: 'irene' }));
    irc.send('JOIN #garden');
    await irc.barrier();
    const room = roomOf('#garden');
    const [port = 0] = await freePorts(1);
    const served = stack.use(
      await servePage(port, {
        websocketUrl: `ws://127.0.0.1:${world.xmpp.ports.http}/xmpp-websocket`,
        jid: 'alice@localhost',
        password: 'pw',
        nick: 'Alice',
        room,
        channel: '#garden',
        ircAddress: `127.0.0.1:${world.ircd.ports.plain}`,
      }),
    );
    const browser = stack.adopt(
      await chromium.launch({ executablePath: pathOf('chromium'), args: browserArguments, timeout: PATIENCE }),
      (open) => open.close(),
    );
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(PATIENCE);
    stack.defer(() => look(page, 'converse-end'));
    const composer = page.locator('converse-muc textarea.chat-textarea');
    const message = (text: string) => page.locator('converse-chat-message').filter({ hasText: text }).first();
    const occupant = (nick: string) => page.locator('.occupant-list li').filter({ hasText: nick }).first();

    await page.goto(served.url);
    await composer.waitFor();
    await irc.next(({ command, nick }) => command === 'JOIN' && nick === 'Alice', 'Alice in the channel');
    await occupant('irene').waitFor();
    irc.send('MODE #garden +o Alice');

    await type(composer, 'good morning ☕');
    const said = await irc.next(({ command }) => command === 'PRIVMSG', 'a line of Alice');
    expect(said.params).toEqual(['#garden', 'good morning ☕']);
    irc.send('PRIVMSG #garden :\u0002good\u0002 morning Alice');
    await message('morning Alice').waitFor();
    await look(page, 'converse-talk');

    // A reaction, which IRC does not see and the room does.     XEP-0444
    const greeted = message('morning Alice');
    await greeted.hover();
    await greeted.locator('converse-message-actions button').first().click();
    await greeted.locator('.chat-msg__action-reaction').first().click();
    await page.locator('converse-reaction-picker').getByText('👍').first().click();
    await greeted.locator('converse-reactions').getByText('👍').first().waitFor();
    await look(page, 'converse-reaction');

    // In private to somebody in the room, who answers there.     XEP-0045 §7.5
    await occupant('irene').click();
    const aside = page.locator('converse-muc-occupant');
    await type(aside.locator('textarea.chat-textarea'), 'between us');
    const between = await irc.next(({ command }) => command === 'PRIVMSG', 'a word in private');
    expect(between.params).toEqual(['irene', 'between us']);
    irc.send('PRIVMSG Alice :nobody hears us');
    await aside.locator('converse-chat-message').filter({ hasText: 'nobody hears us' }).first().waitFor();
    await look(page, 'converse-private');
    await page.locator('converse-muc-sidebar').getByText('Participants').first().click();

    await type(composer, '/topic roses');
    await irc.next(({ command, params }) => command === 'TOPIC' && params[1] === 'roses', 'the subject');
    await type(composer, '/nick Alicia');
    await irc.next(({ command, params }) => command === 'NICK' && params[0] === 'Alicia', 'the new nick');
    await occupant('Alicia').waitFor();

    const tybalt = stack.use(await ircClient({ port: world.ircd.ports.plain, nick: 'tybalt' }));
    tybalt.send('JOIN #garden');
    await occupant('tybalt').waitFor();
    await type(composer, '/kick tybalt no fighting');
    const kick = await tybalt.next(({ command }) => command === 'KICK', 'the kick');
    expect(kick.params).toEqual(['#garden', 'tybalt', 'no fighting']);
    await occupant('tybalt').waitFor({ state: 'detached' });
    await look(page, 'converse-kicked');

    // Who was never written to in the room speaks from their own address.
    tybalt.send('PRIVMSG Alicia :a secret');
    await page.locator('.open-chat:visible').filter({ hasText: 'tybalt' }).first().click();
    await message('a secret').waitFor();
    await type(page.locator('converse-chat textarea.chat-textarea'), 'I will keep it');
    const secret = await tybalt.next(({ command }) => command === 'PRIVMSG', 'a whisper');
    expect(secret.params).toEqual(['tybalt', 'I will keep it']);
    await look(page, 'converse-whisper');

    await page.locator('.open-room:visible').filter({ hasText: '#garden' }).first().click();
    await page.locator('converse-muc .chatbox-title converse-dropdown button').first().click();
    await page.locator('converse-muc .chatbox-title').getByText('Leave').first().click();
    await page.locator('.modal.show button[type=submit]').first().click();
    await irc.next(({ command, nick }) => (command === 'PART' || command === 'QUIT') && nick === 'Alicia', 'her going');
    await look(page, 'converse-left');
  });
});
