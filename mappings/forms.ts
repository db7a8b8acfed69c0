import type { Field, Form } from '#src/model/form.ts';

/** A form (XEP-0004) as text: what it is about, and each field with its value or its choices. */
export function formText({ title, instructions, fields }: Form): string {
  const lines = [title, instructions, ...fields.map(fieldText)];
  return lines.filter((line) => line !== undefined && line.trim() !== '').join('\n');
}

function fieldText({ name, label = name, type, value = [], options = [] }: Field): string {
  if (type === 'hidden' || type === 'secret') return '';
  if (type === 'note') return value.join('\n');
  const shown = value.map((one) => options.find((option) => option.value === one)?.label ?? one).join(', ');
  if (shown !== '') return `${label}: ${shown}`;
  return options.length === 0 ? `${label}:` : `${label}: ${options.map((one) => one.label ?? one.value).join(' / ')}`;
}
