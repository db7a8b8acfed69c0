import { catalogue } from '#mappings/texts/catalogue.ts';

/** What the settings of a room are called. */
export const settingTexts = catalogue({
  name: { en: 'Name of the room', de: 'Name des Raums' },
  membersOnly: { en: 'Only those who were invited may enter', de: 'Nur wer eingeladen ist, darf herein' },
  history: { en: 'Who may read what was said before', de: 'Wer lesen darf, was zuvor gesagt wurde' },
  world_readable: { en: 'Everybody', de: 'Alle' },
  shared: { en: 'Whoever is in the room', de: 'Wer im Raum ist' },
  invited: { en: 'From when they were invited', de: 'Ab der eigenen Einladung' },
  joined: { en: 'From when they came in', de: 'Ab dem eigenen Beitritt' },
});
