import { catalogue } from './catalogue.ts';

/** How contacts and the gateway itself are shown. */
export const peopleTexts = catalogue({
  noPresence: { en: 'No presence on this network', de: 'Dieses Netz kennt keine Anwesenheit' },
  online: { en: 'Online', de: 'Online' },
  onlineAs: (nick: string) => ({ en: `Online as ${nick}`, de: `Online als ${nick}` }),
  connecting: { en: 'Connecting', de: 'Verbindung wird aufgebaut' },
  stopping: { en: 'The gateway is stopping.', de: 'Das Gateway wird gerade beendet.' },
  tooManyContacts: { en: 'You have too many contacts here.', de: 'Sie haben hier zu viele Kontakte.' },
  notConnected: (realm: string) => ({
    en: `You are not connected to ${realm}. Join a room there first.`,
    de: `Es besteht keine Verbindung zu ${realm}. Betreten Sie dort zuerst einen Raum.`,
  }),
  notOnList: (admin: string) => ({
    en: `You are not on the access list of this gateway. Ask ${admin}.`,
    de: `Sie stehen nicht auf der Zugangsliste dieses Gateways. Fragen Sie ${admin}.`,
  }),
  gatewayAsks: {
    en: 'The gateway asks to see when you are there, so that it connects you then.',
    de: 'Das Gateway bittet darum, Ihre Anwesenheit zu sehen, damit es Sie dann verbindet.',
  },
  contactAsks: {
    en: 'This contact is on another network, and sees through the gateway when you are there.',
    de: 'Dieser Kontakt ist in einem anderen Netz und sieht Ihre Anwesenheit durch das Gateway.',
  },
});
