/** The status (RFC 3463), or the one that the server said where that is more to the point than `5.0.0`. */
export function statusOf(field: string | undefined, diagnostic = '', action = 'failed'): string {
  const told = /\b[245]\.\d{1,3}\.\d{1,3}\b/.exec(field ?? '')?.[0];
  const said = /(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?![\d.])/.exec(diagnostic)?.[0];
  if (told && !/\.0\.0$/.test(told)) return told;
  if (said && (!told || said[0] === told[0])) return said;
  return told ?? (action === 'failed' ? '5.0.0' : action === 'delayed' ? '4.0.0' : '2.0.0');
}
