import type { Locator, Page } from 'playwright-core';
import type { Steps } from './steps.ts';
import { nick, phoneNumber } from './world.ts';

export const patience = 60_000; // milliseconds for what the page is to show: a busy machine takes its time

/** Writes from the chat to the phone on the page, and answers there. */
export async function visitPhone(page: Page, { step }: Steps): Promise<void> {
  const phone = page.getByRole('complementary', { name: 'A phone' });
  const question = 'Are you at the harbour?';
  const composer = page.locator('converse-chat textarea.chat-textarea');
  await step('a typed text arrives on the phone', async () => {
    const tab = page.getByRole('tab', { name: 'Phone' });
    if (await tab.isVisible()) await tab.click();
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
}

/** Waits until the page shows something. Rejects with its name where that takes too long, in ms. */
export async function seen(what: Locator, name: string, within = patience): Promise<void> {
  await what
    .first()
    .waitFor({ timeout: within })
    .catch(() => {
      throw new Error(`the page did not show ${name} within ${within / 1000} s`);
    });
}
