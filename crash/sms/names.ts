/** Of the transport, and of its public listener. */
export const DOMAIN = 'sms.example';
export const PUBLIC = 'https://gateway.example';
/** Our numbers and the users who have them. */
export const OWNERS: Readonly<Record<string, string>> = {
  '+14155550100': 'romeo',
  '+14155550101': 'juliet',
  '+14155550102': 'nurse',
  '+14155550103': 'peter',
};
