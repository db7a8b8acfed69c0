// The room on Matrix of the demo page: shows what the server tells of it, and says there what is typed.
const list = document.getElementById('said');
const form = document.getElementById('say');
const shown = new Set();

new EventSource('/matrix/said').addEventListener('message', ({ data }) => show(JSON.parse(data)));

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const field = form.elements.namedItem('text');
  const text = field.value.trim();
  if (text === '') return;
  const { ok } = await fetch('/matrix/said', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text }),
  });
  if (ok) field.value = '';
  field.focus();
});

function show({ id, direction, from, text, at }) {
  // After a break the stream begins anew with what is there.
  if (shown.has(id)) return;
  shown.add(id);
  const item = document.createElement('li');
  item.className = direction;
  for (const [name, content] of [
    ['b', from],
    ['time', new Date(at).toTimeString().slice(0, 5)],
    ['p', text],
  ]) {
    const part = document.createElement(name);
    part.textContent = content;
    item.append(part);
  }
  list.append(item);
  list.scrollTop = list.scrollHeight;
}
