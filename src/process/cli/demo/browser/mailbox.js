// The mailbox of the demo page: shows the mails that the server tells of, and answers the newest one that has come in.
const list = document.getElementById('mails');
const form = document.getElementById('reply');
const fields = form.querySelector('fieldset');
const note = document.getElementById('reply-note');
const text = form.elements.namedItem('text');
const file = form.elements.namedItem('file');
const shown = new Set();
const MOST_BYTES = 1_000_000;
let answered;

new EventSource('/mailbox/mails').addEventListener('message', ({ data }) => show(JSON.parse(data)));

file.addEventListener('change', tellFile);
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  if (text.value.trim() === '' || answered === undefined) return;
  fields.disabled = true;
  note.textContent = await sent().catch((error) => error.message);
  fields.disabled = false;
  if (note.textContent === '') {
    form.reset();
    tellFile();
  }
  text.focus();
});

/** Resolves with what went wrong, or ''. */
async function sent() {
  const [chosen] = file.files;
  if (chosen && chosen.size > MOST_BYTES) return 'This demo takes files of up to 1 MB.';
  const response = await fetch('/mailbox/replies', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ to: answered, text: text.value.trim(), ...(chosen && { file: await read(chosen) }) }),
  });
  return response.ok ? '' : `It was not sent: ${await response.text()}`;
}

async function read(chosen) {
  const reader = new FileReader();
  const url = await new Promise((resolve, reject) => {
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(chosen);
  });
  return { name: chosen.name, type: chosen.type, base64: url.slice(url.indexOf(',') + 1) };
}

function tellFile() {
  const [chosen] = file.files;
  form.querySelector('output').textContent = chosen ? chosen.name : '';
}

function show({ id, direction, from, address, subject, text: body, at, files }) {
  // After a break the stream begins anew with what is there.
  if (shown.has(id)) return;
  shown.add(id);
  const item = element('li', direction);
  const head = element('header');
  const sender = element('b', '', from);
  if (address !== from) sender.title = address;
  head.append(sender, element('time', '', new Date(at).toTimeString().slice(0, 5)));
  head.append(element('small', '', `<${address}>`), element('h3', '', subject));
  item.append(head, ...paragraphs(body), ...files.map((one, index) => link(id, one, index)));
  list.append(item);
  list.scrollTop = list.scrollHeight;
  if (direction === 'in') {
    answered = id;
    fields.disabled = false;
    text.placeholder = `Reply to ${from}`;
  }
}

/** What was written, and what stands below it: the quote and the signature. */
function paragraphs(body) {
  const lines = body.split('\n');
  const end = lines.findIndex((line) => /^(>|-- $|On .* wrote:$)/.test(line));
  const written = (end < 0 ? lines : lines.slice(0, end)).join('\n').trim();
  const rest = end < 0 ? '' : lines.slice(end).join('\n').trim();
  return [element('p', 'written', written), ...(rest === '' ? [] : [element('p', 'rest', rest)])];
}

function link(mail, { name, size }, index) {
  const anchor = element('a', '', `📎 ${name} (${size < 1024 ? `${size} bytes` : `${Math.round(size / 1024)} KB`})`);
  anchor.href = `/mailbox/mails/${mail}/files/${index}`;
  anchor.download = name;
  return anchor;
}

function element(name, className = '', content = '') {
  const made = document.createElement(name);
  if (className !== '') made.className = className;
  made.textContent = content;
  return made;
}
