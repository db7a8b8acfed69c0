/** Folders are asked for at each look. */
export const MOST_FOLDERS = 5;
export const MOST_SENDERS = 50;

/** What stands between the commas of a setting. Pure. */
export const listed = (text: string): string[] =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
