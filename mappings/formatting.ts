/** Colour codes with their arguments: `^C12,4` and `^Dff0000,00ff00` (modern.ircdocs.horse/formatting). */
const COLOURS = /\u0003(?:\d{1,2}(?:,\d{1,2})?)?|\u0004(?:[0-9a-f]{6}(?:,[0-9a-f]{6})?)?/gi;
const CONTROLS = /[\u0000-\u0008\u000a-\u001f\u007f]/g;

/** The text without mIRC codes and without any other control character; a tab becomes a space. Pure. */
export function stripFormatting(text: string): string {
  if (!/[\u0000-\u001f\u007f]/.test(text)) return text;
  return text.replace(COLOURS, '').replaceAll('\t', ' ').replace(CONTROLS, '');
}
