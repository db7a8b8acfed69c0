import type { Page } from 'playwright-core';
import { patience, seen } from './check-phone.ts';
import type { Steps } from './steps.ts';
import { mailboxOwner, nick } from './world.ts';

/** Longer than what is written in a row waits to go as one mail. */
const windowPatience = 20_000 + patience;
const question = 'Do you have the chart of the harbour?';
const more = 'And the tide table, too.';
const answer = 'Here it is. The tide table comes tomorrow.';
const chart = {
  name: 'harbour chart.svg',
  mimeType: 'image/svg+xml',
  buffer: Buffer.from('<svg><path d="M0 0h9"/></svg>'),
};

/** Writes from the chat to the mailbox, and answers there with a file. The chat with its owner stays open. */
export async function visitMailbox(page: Page, { step }: Steps): Promise<void> {
  const mailbox = page.getByRole('complementary', { name: 'A mailbox' });
  const chat = page.locator(`converse-chat[jid^="${mailboxOwner.address.split('@')[0]}"]`);
  const composer = chat.locator('textarea.chat-textarea');
  await step('two messages arrive as one mail', async () => {
    const tab = page.getByRole('tab', { name: 'Mailbox' });
    if (await tab.isVisible()) await tab.click();
    await mailbox.getByRole('button', { name: `Write to ${mailboxOwner.name}` }).click();
    await composer.waitFor({ timeout: patience });
    for (const text of [question, more]) {
      await composer.fill(text);
      await composer.press('Enter');
    }
    const mail = mailbox.locator('#mails li').filter({ hasText: question });
    await seen(mail, 'the mail in the mailbox', windowPatience);
    const [sender, subject] = [await mail.locator('b').innerText(), await mail.locator('h3').innerText()];
    if (sender !== nick || subject === '') throw new Error(`the mail was "${subject}" by "${sender}"`);
    const text = await mail.locator('p.written').innerText();
    if (text !== `${question}\n\n${more}`) throw new Error(`the text of the mail was "${text}"`);
  });
  await step('its delivery report is a receipt', () =>
    seen(
      chat.locator('converse-chat-message').filter({ hasText: more }).locator('.chat-msg__receipt'),
      'the receipt of the mail',
    ),
  );
  await step('a reply arrives without its quote', async () => {
    await mailbox.getByLabel('Attach a file').setInputFiles(chart);
    await mailbox.getByLabel('Reply', { exact: true }).fill(answer);
    await mailbox.getByRole('button', { name: 'Send' }).click();
    await seen(mailbox.locator('#mails li.out p.rest').filter({ hasText: `> ${question}` }), 'the quote in the reply');
    const message = chat.locator('converse-chat-message').filter({ hasText: answer }).first();
    await seen(message, 'the reply in the chat');
    const body = await message.locator('.chat-msg__text').innerText();
    if (body.trim() !== answer) throw new Error(`the reply in the chat was "${body}"`);
  });
  await step('and so does its file', async () => {
    const link = chat.locator('.chat-msg__text a, .chat-msg__media a').first();
    await seen(link, 'the link to the file');
    const found = await page.request.get((await link.getAttribute('href')) ?? '');
    if (!(await found.body()).equals(chart.buffer)) throw new Error('the file behind the link is another');
  });
}
