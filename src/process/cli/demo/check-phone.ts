import type { Locator, Page } from 'playwright-core';
import type { Steps } from './steps.ts';
import { nick, phoneNumber } from './world.ts';

export const patience = 30_000; // milliseconds for what the page is to show

/** Writes from the chat to the phone on the page, answers there, and goes back to the room. */
export async function visitPhone(page: Page, { step }: Steps): Promise<void> {
  const phone = page.getByRole('complementary', { name: 'A phone' });
  const question = 'Are you at the harbour?';
  const composer = page.locator('converse-chat textarea.chat-textarea');
  await step('a typed text arrives on the phone', async () => {
    await phone.getByRole('button', { name: 'Write to it' }).click();
    await composer.waitFor({ timeout: patience });
    await composer.fill(question);
    await composer.press('Enter');
    const text = phone.locator('#texts li').filter({ hasText: question });
    await seen(text, 'the text on the phone');
    const [first, second] = (await text.locator('p').innerText()).split('\n');
    if (!first?.startsWith(`${nick} via `)) throw new Error(`the first line on the phone was "${first}"`);
    if (second !== question) throw new Error(`the text on the phone was "${second}"`);
    const note = await text.locator('small').innerText();
    if (!note.endsWith('· 1 segment')) throw new Error(`the phone counted "${note}"`);
  });
  await step('an answer from the phone arrives', async () => {
    await phone.getByLabel('Answer from the phone').fill('In five minutes. Keep me a seat!');
    await phone.getByRole('button', { name: 'Send' }).click();
    const answer = page.locator('converse-chat converse-chat-message').filter({ hasText: 'Keep me a seat!' });
    await seen(answer, `the answer of ${phoneNumber} in the chat`);
  });
  await step('the room is where it was', async () => {
    await page.locator('converse-rooms-list a.open-room').first().click();
    await seen(page.locator('converse-muc textarea.chat-textarea'), 'the room');
  });
}

async function seen(what: Locator, name: string): Promise<void> {
  await what
    .first()
    .waitFor({ timeout: patience })
    .catch(() => {
      throw new Error(`the page did not show ${name} within ${patience / 1000} s`);
    });
}
