import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '#src/model/failure.ts';
import { escapeLocal, resourcePrep, splitJid, unescapeLocal } from '#src/xmpp/stanza/jid.ts';

/** Texts made of what matters to XEP-0106, and of anything. */
const foreign = fc.oneof(
  fc.string({ unit: fc.constantFrom(...' "&\'/:<>@\\0234567acefACEF%#x'), maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
);

const spaced = (text: string): boolean => text.startsWith(' ') || text.endsWith(' ');
const controls = (text: string): boolean => /\p{Cc}/u.test(text);

describe('XEP-0106', () => {
  it('gives back every text that it takes, and takes all but spaces at the ends and control characters', () => {
    fc.assert(
      fc.property(foreign, (text) => {
        if (spaced(text) || controls(text)) {
          expect(() => escapeLocal(text)).toThrow(Failure);
          return;
        }
        const local = escapeLocal(text);
        expect(local).not.toMatch(/[ "&'/:<>@]/);
        expect(unescapeLocal(local)).toBe(text);
      }),
    );
  });

  it('survives the lower case of ASCII that servers apply', () => {
    const lower = (text: string): string => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
    fc.assert(
      fc.property(foreign, (text) => {
        fc.pre(!spaced(text) && !controls(text));
        expect(unescapeLocal(lower(escapeLocal(text)))).toBe(lower(text));
      }),
    );
  });

  it('throws nothing but failures for any local part', () => {
    fc.assert(
      fc.property(foreign, (local) => {
        try {
          unescapeLocal(local);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
        }
      }),
    );
  });
});

describe('splitJid', () => {
  it('takes apart what was put together', () => {
    const part = fc.string({ unit: fc.constantFrom(...'ab#%.\\-'), minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(part, part, fc.string({ minLength: 1 }), (local, domain, resource) => {
        expect(splitJid(`${local}@${domain}/${resource}`)).toMatchObject({ local, domain, resource });
      }),
    );
  });
});

describe('resourcePrep', () => {
  it('yields a short, visible, composed resource, and the same for it again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 1200 }), (nick) => {
        const resource = resourcePrep(nick);
        expect(resource).not.toBe('');
        expect(resource).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
        expect(resource.normalize('NFC')).toBe(resource);
        expect(Buffer.byteLength(resource)).toBeLessThanOrEqual(1023);
        expect(resourcePrep(resource)).toBe(resource);
      }),
    );
  });
});
