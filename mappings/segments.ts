// 3GPP TS 23.038 §6.2.1: the GSM 7-bit default alphabet and its extension table.
const BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
const EXTENDED = '\f^{}\\[~]|€';

const SEPTETS: ReadonlyMap<string, number> = new Map([
  ...[...BASIC].map((char) => [char, 1] as const),
  ...[...EXTENDED].map((char) => [char, 2] as const),
]);

/** A single message has 140 octets; parts of a longer one lose six to the header that joins them (TS 23.040 §9.2.3.24.1). */
const GSM = { single: 160, part: 153 };
const UCS2 = { single: 70, part: 67 };

/** Whether the whole text fits the GSM 7-bit alphabet. */
export const isGsm = (text: string): boolean => [...text].every((char) => SEPTETS.has(char));

/** Counts segments while a text grows. */
export type SegmentCount = { add(text: string): number };

/** A count that begins with an empty text. `add` returns the segments of all that was added. */
export function countSegments(): SegmentCount {
  const gsm = filling(GSM);
  const ucs2 = filling(UCS2);
  let plain = true;
  return {
    add(text) {
      for (const char of text) {
        const septets = SEPTETS.get(char);
        plain &&= septets !== undefined;
        gsm.add(septets ?? 1);
        ucs2.add(char.length);
      }
      return plain ? gsm.parts() : ucs2.parts();
    },
  };
}

/** Segments of a text. */
export const segmentsOf = (text: string): number => countSegments().add(text);

/** Fills parts with characters. An escaped character or a surrogate pair is never divided between two. */
function filling({ single, part }: { readonly single: number; readonly part: number }) {
  let total = 0;
  let parts = 1;
  let used = 0;
  return {
    add(units: number) {
      total += units;
      if (used + units > part) {
        parts += 1;
        used = 0;
      }
      used += units;
    },
    parts: () => (total === 0 ? 0 : total <= single ? 1 : parts),
  };
}
