import { html, raw } from 'hono/html';
import type { PageFacts } from './page-html.ts';

/** What stands beside the chat: a phone, a mailbox and a room on Matrix, one at a time where there is little room. */
export function renderDevices({
  phone,
  mailbox,
  matrix,
  nick,
}: Pick<PageFacts, 'phone' | 'mailbox' | 'matrix' | 'nick'>) {
  return html`<div id="devices"${matrix && raw(' class="three"')}>
  <nav role="tablist" aria-label="Beside the chat">
    ${phone && html`<button type="button" role="tab" id="phone-tab" aria-controls="phone" aria-selected="true">Phone</button>`}
    ${mailbox && html`<button type="button" role="tab" id="mailbox-tab" aria-controls="mailbox" aria-selected="false">Mailbox</button>`}
    ${matrix && html`<button type="button" role="tab" id="matrix-tab" aria-controls="matrix" aria-selected="false">Matrix</button>`}
  </nav>
  ${phone && phoneAside(phone.number)}
  ${mailbox && mailboxAside(mailbox, nick)}
  ${matrix && matrixAside(matrix)}
</div>
<script type="module" src="/devices/devices.js"></script>
${phone && html`<script type="module" src="/phone/phone.js"></script>`}
${mailbox && html`<script type="module" src="/mailbox/mailbox.js"></script>`}
${matrix && html`<script type="module" src="/matrix/matrix.js"></script>`}`;
}

function phoneAside(number: string) {
  return html`<aside id="phone" class="shown" aria-label="A phone">
  <p>A phone that knows nothing but SMS, reached through a stand-in for a provider.
  <button type="button" id="write">Write to it</button></p>
  <section aria-label="Texts on the phone">
    <h2>${number}</h2>
    <ol id="texts" role="log" aria-live="polite" tabindex="0"></ol>
    <form id="answer">
      <label for="text">Answer from the phone</label>
      <input id="text" name="text" autocomplete="off" maxlength="1000" required>
      <button type="submit">Send</button>
    </form>
  </section>
</aside>`;
}

function mailboxAside({ name, address }: { readonly name: string; readonly address: string }, nick: string) {
  return html`<aside id="mailbox" aria-label="A mailbox">
  <p>${name} has nothing but email. What ${nick} writes within 20 seconds is one mail.
  <button type="button" id="write-mail">Write to ${name}</button></p>
  <section aria-label="Mails in the mailbox">
    <h2>${address}</h2>
    <ol id="mails" role="log" aria-live="polite" tabindex="0" data-empty="No mail yet"></ol>
    <form id="reply">
      <fieldset disabled>
        <label for="reply-text">Reply</label>
        <textarea id="reply-text" name="text" rows="3" maxlength="10000" required placeholder="Reply once there is a mail"></textarea>
        <span id="reply-file"><label for="file">Attach a file</label><input id="file" name="file" type="file"><output for="file"></output></span>
        <button type="submit">Send</button>
      </fieldset>
      <p id="reply-note" role="status"></p>
    </form>
  </section>
</aside>`;
}

function matrixAside({ name, alias }: { readonly name: string; readonly alias: string }) {
  return html`<aside id="matrix" aria-label="A room on Matrix">
  <p>${name} is in a room of a Matrix homeserver.
  <button type="button" id="join-matrix">Join the room</button></p>
  <section aria-label="What is said in the room">
    <h2>${alias}</h2>
    <ol id="said" role="log" aria-live="polite" tabindex="0" data-empty="Nobody has said anything yet"></ol>
    <form id="say">
      <label for="say-text">Write as ${name}</label>
      <input id="say-text" name="text" autocomplete="off" maxlength="1000" required placeholder="Write as ${name}">
      <button type="submit">Send</button>
    </form>
  </section>
</aside>`;
}
