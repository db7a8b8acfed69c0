import { parsePhoneNumberFromString } from 'libphonenumber-js/min';
import { texts } from '#bridges/sms/texts/catalogue.ts';
import { Failure } from '#src/model/failure.ts';

/** Numbers that reach emergency services somewhere. None of them is a short code for texts elsewhere that matters. */
const EMERGENCY: ReadonlySet<string> = new Set([
  ...['000', '100', '101', '102', '103', '104', '108', '110', '111', '112', '113', '115', '117', '118', '119'],
  ...['120', '122', '123', '125', '129', '133', '143', '144', '155', '158', '166', '190', '191', '192', '193'],
  ...['194', '195', '197', '198', '199', '911', '988', '990', '991', '992', '993', '994', '995', '996', '997'],
  ...['998', '999', '15', '17', '18', '140', '106', '107', '105'],
]);

/** Whether somebody who writes this wants help at once: the number alone, as a short code, or behind a country code. */
export function isEmergency(text: string): boolean {
  const number = text.replace(/%[a-z]{2}$/i, '').replace(/[\s()./-]/g, '');
  if (EMERGENCY.has(number)) return true;
  const short = /^\+(\d{3,7})$/.exec(number)?.[1];
  return short !== undefined && [0, 1, 2, 3].some((code) => EMERGENCY.has(short.slice(code)));
}

/**
 * Ranges in which the caller pays more than the call costs, behind the country code. From the national numbering plans;
 * the library's small table of types knows only some.
 */
const PREMIUM: readonly RegExp[] = [
  /^\+1(?:900|976)/,
  /^\+33(?:8[129])/,
  /^\+34(?:80[3679]|90[57])/,
  /^\+39(?:89|1[0-9]{2})/,
  /^\+31(?:90[069])/,
  /^\+32(?:90)/,
  /^\+41(?:90[016])/,
  /^\+43(?:9[03])/,
  /^\+44(?:9|87[123])/,
  /^\+45(?:90)/,
  /^\+46(?:9(?:00|39|44))/,
  /^\+47(?:82[09])/,
  /^\+48(?:70)/,
  /^\+49(?:900|137|190)/,
  /^\+61(?:19)/,
  /^\+81(?:990)/,
  /^\+353(?:15)/,
  /^\+358(?:[67]00)/,
  // ITU-T E.164.1: international premium rate, personal, satellite and shared-cost ranges belong to no country.
  /^\+(?:808|870|878|88[1238]|979)/,
];

/** What the operator permits. Countries are ISO 3166-1 codes in upper case. */
export type DestinationRules = {
  readonly countries: readonly string[];
  /** Beginnings of numbers that are refused beside the known premium ranges. */
  readonly refused: readonly string[];
  /** Numbers of ours: they are not written to. */
  readonly own: readonly string[];
};

/** Throws the `Failure` with which a number is refused before anything is sent. */
export function checkPermitted(name: string, { countries, refused, own }: DestinationRules): void {
  if (isEmergency(name)) throw new Failure('not-allowed', { text: texts.emergency });
  const country = countryOf(name);
  if (own.includes(name)) throw new Failure('not-allowed', { text: texts.ownNumber });
  if (isPremium(name) || refused.some((start) => name.startsWith(start)))
    throw new Failure('policy-violation', { text: texts.costsExtra });
  if (country === undefined || !countries.includes(country))
    throw new Failure('policy-violation', {
      text: country === undefined ? texts.thisCountry : texts.country(country),
    });
}

/** The country of a number or short code in upper case, if it belongs to one. */
export function countryOf(name: string): string | undefined {
  const short = /%([a-z]{2})$/i.exec(name)?.[1];
  if (short !== undefined) return short.toUpperCase();
  return parsePhoneNumberFromString(name)?.country;
}

export function isPremium(name: string): boolean {
  if (PREMIUM.some((range) => range.test(name))) return true;
  const type = parsePhoneNumberFromString(name)?.getType();
  return type === 'PREMIUM_RATE' || type === 'SHARED_COST';
}
