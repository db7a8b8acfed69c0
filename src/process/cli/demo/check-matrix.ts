import type { Page } from 'playwright-core';
import { patience, seen } from './check-phone.ts';
import type { Steps } from './steps.ts';
import { matrixOwner, nick } from './world.ts';

const question = 'Is anybody here from XMPP?';
const answer = 'I am, by way of the isthmus.';

/** Joins the room on Matrix from the chat, and talks there both ways. */
export async function visitMatrix(page: Page, { step }: Steps): Promise<void> {
  const room = page.getByRole('complementary', { name: 'A room on Matrix' });
  const chat = page.locator(`converse-muc[jid^="#${matrixOwner.room}"]`);
  const composer = chat.locator('textarea.chat-textarea');
  await step('a room on Matrix is joined', async () => {
    const tab = page.getByRole('tab', { name: 'Matrix' });
    if (await tab.isVisible()) await tab.click();
    await room.getByRole('button', { name: 'Join the room' }).click();
    await composer.waitFor({ timeout: patience });
    await seen(room.getByRole('button', { name: 'Go to the room' }), 'that the room is joined');
  });
  await step('what is said on Matrix arrives in the page', async () => {
    await room.getByLabel(`Write as ${matrixOwner.name}`).fill(question);
    await room.getByRole('button', { name: 'Send' }).click();
    await seen(room.locator('#said li.out').filter({ hasText: question }), 'the text in the room on Matrix');
    const heard = chat.locator(`.chat-msg[data-from$='/${matrixOwner.name}']`).filter({ hasText: question });
    await seen(heard, `"${question}" by ${matrixOwner.name}`);
  });
  await step('an answer arrives on Matrix', async () => {
    await composer.fill(answer);
    await composer.press('Enter');
    const said = room.locator('#said li.in').filter({ hasText: answer });
    await seen(said, 'the answer in the room on Matrix');
    const author = await said.locator('b').innerText();
    if (author !== `${nick} (XMPP)`) throw new Error(`the answer on Matrix was by "${author}"`);
  });
}
