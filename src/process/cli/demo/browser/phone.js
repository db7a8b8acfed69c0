// The phone of the demo page: shows the texts that the server tells of, and sends what is typed on it.
const list = document.getElementById('texts');
const form = document.getElementById('answer');
const shown = new Set();

new EventSource('/phone/texts').addEventListener('message', ({ data }) => show(JSON.parse(data)));

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const field = form.elements.namedItem('text');
  const text = field.value.trim();
  if (text === '') return;
  const { ok } = await fetch('/phone/texts', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text }),
  });
  if (ok) field.value = '';
  field.focus();
});

function show({ id, direction, text, segments, at }) {
  // After a break the stream begins anew with what is there.
  if (shown.has(id)) return;
  shown.add(id);
  const item = document.createElement('li');
  item.className = direction;
  const body = document.createElement('p');
  body.textContent = text;
  const note = document.createElement('small');
  const time = new Date(at).toTimeString().slice(0, 5);
  note.textContent = `${time} · ${segments} ${segments === 1 ? 'segment' : 'segments'}`;
  item.append(body, note);
  list.append(item);
  list.scrollTop = list.scrollHeight;
}
