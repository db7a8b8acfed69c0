import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type KillPlace, runCycles } from '../crash/cycles.ts';
import { auditMailboxes } from '../crash/email/accounts/audit.ts';
import { ownMailNetwork } from '../crash/email/accounts/network.ts';
import { playOwnMailRuns } from '../crash/email/accounts/runs.ts';
import { auditMailFates, auditRepeats } from '../crash/email/audit.ts';
import { emailNetwork } from '../crash/email/network.ts';
import { type MailEnd, playMailRuns } from '../crash/email/runs.ts';
import type { TakenMail } from '../crash/email/smarthost.ts';
import { faults } from '../crash/faults/index.ts';
import { viewJournal } from '../crash/journal.ts';
import { type LaboratoryOptions, openLaboratory } from '../crash/laboratory.ts';
import { openLedger } from '../crash/ledger.ts';
import { accountsNetwork } from '../crash/matrix/accounts/network.ts';
import { playAccountsRuns } from '../crash/matrix/accounts/runs.ts';
import { matrixNetwork } from '../crash/matrix/network.ts';
import { type MatrixEnd, playMatrixRuns } from '../crash/matrix/runs.ts';
import type { Load, Network } from '../crash/network.ts';
import { pigeonNetwork } from '../crash/pigeon/network.ts';
import { seeded } from '../crash/random.ts';
import type { Place } from '../crash/runs.ts';
import type { NetworkSetting } from '../crash/setting.ts';
import { auditFates, auditOrder } from '../crash/sms/audit.ts';
import type { Call } from '../crash/sms/calls.ts';
import { smsFaults } from '../crash/sms/faults.ts';
import { smsNetwork } from '../crash/sms/network.ts';
import { type End, playSmsRuns, type SmsPlace } from '../crash/sms/runs.ts';
import { scriptedImap } from './fakes/imap-server.ts';
import type { FakeMessage } from './fakes/twilio-messages.ts';
import { folder } from './process/cli/isthmus.ts';

const RATE = 100;
/** Ms: a busy machine takes its time to start processes. */
const PATIENCE = 240_000;

async function violationsOf(options: Partial<LaboratoryOptions>, cycles: number, at: readonly KillPlace[]) {
  await using lab = await openLaboratory({ seed: 1, rate: RATE, ...options }, pigeonNetwork);
  await runCycles(lab, { cycles, random: seeded(1), at });
  await lab.finish();
  const { told, accepted } = lab.ledger.figures;
  expect(Math.min(told, accepted)).toBeGreaterThan(0);
  return lab.ledger.violations;
}

/** Does something in the world of a network. Resolves with what is wrong in the books. */
async function violationsIn<L extends Load, World>(
  networkWith: (ready: (world: World) => void) => Network<L>,
  options: Partial<LaboratoryOptions>,
  play: (place: Place<L, World>) => Promise<unknown>,
): Promise<readonly string[]> {
  let world: World | undefined;
  const network = networkWith((opened) => {
    world = opened;
  });
  await using lab = await openLaboratory({ seed: 1, rate: 10, ...options }, network);
  if (!world) throw new Error('the laboratory has opened no network');
  await play({ lab, world, random: seeded(1) });
  await lab.finish();
  const { told, accepted } = lab.ledger.figures;
  expect(Math.min(told, accepted)).toBeGreaterThan(0);
  return lab.ledger.violations;
}

describe('a gateway that is killed', { timeout: PATIENCE }, () => {
  it('loses nothing, repeats nothing that was read, keeps the order and answers everything', async () => {
    expect(await violationsOf({}, 3, ['any moment', 'after-write', 'before-ack', 'after-send'])).toEqual([]);
  });

  it('loses nothing for users of another server that goes away and comes back', async () => {
    expect(await violationsOf({ far: true, rate: 60 }, 2, ['any moment', 'before-settle'])).toEqual([]);
  });

  it('is caught if it acknowledges before the commit', async () => {
    const violations = await violationsOf({ hasty: true }, 1, ['before-ack']);
    expect(violations.join('\n')).toContain('was told and never came');
  });
});

describe('the command', { timeout: PATIENCE }, () => {
  it('plays on PostgreSQL, and says that the books are in order', async () => {
    const command = [join(import.meta.dirname, '../crash/run.ts'), '--cycles', '1', '--store', 'postgres'];
    const { stdout } = await promisify(execFile)(process.execPath, command);
    expect(stdout).toContain('1 cycles with pigeon on postgres');
    expect(stdout).toMatch(/the books are in order\n$/);
  });
});

describe('a gateway under load', { timeout: PATIENCE }, () => {
  it.each(['database-locked', 'clock-jump', 'sigterm-under-load'])('bears it: %s', async (name) => {
    const fault = faults[name];
    if (!fault) throw new Error('this fault is gone');
    await using lab = await openLaboratory({ seed: 1, rate: RATE, ...fault.setting }, pigeonNetwork);
    await fault.run(lab, {});
    await lab.finish();
    expect(lab.ledger.violations).toEqual([]);
  });
});

describe('a gateway that sends texts', { timeout: PATIENCE }, () => {
  const withSms = (options: Partial<LaboratoryOptions>, play: (place: SmsPlace) => Promise<unknown>) =>
    violationsIn(smsNetwork, { rate: 60, ...options }, play);

  it('is charged once for each text, and loses none, whatever its provider does and whenever it is killed', async () => {
    const at: readonly End[] = ['charged', 'called', 'after-settle', 'stop', 'none'];
    expect(await withSms({}, (place) => playSmsRuns(place, { runs: 5, at }))).toEqual([]);
  });

  it('is caught if it sends again without asking', async () => {
    const violations = await withSms({ hasty: true }, (place) => playSmsRuns(place, { runs: 3, at: ['charged'] }));
    expect(violations.join('\n')).toContain('is at the provider twice');
  });

  it('finds what came in ten minutes without webhooks', async () => {
    const fault = smsFaults['webhook-outage'];
    if (!fault) throw new Error('this fault is gone');
    expect(await withSms({}, (place) => fault.run(place))).toEqual([]);
  });
});

describe('a gateway that sends and takes mail', { timeout: PATIENCE }, () => {
  it('loses no mail that had its 250, and sends none twice, whenever it is killed', async () => {
    const at: readonly MailEnd[] = ['taken', 'handed on', 'stop'];
    expect(await violationsIn(emailNetwork, { rate: 30 }, (place) => playMailRuns(place, { runs: 3, at }))).toEqual([]);
  });
});

describe('a gateway with mailboxes of users', { timeout: PATIENCE }, () => {
  it('shows each mail once and sends none twice, and marks what was shown, whenever it is killed', async () => {
    const violations = await violationsIn(ownMailNetwork, {}, (place) =>
      playOwnMailRuns(place, { runs: 3, at: ['read', 'marked', 'taken'] }),
    );
    expect(violations).toEqual([]);
  });
});

describe('a gateway between Matrix and XMPP', { timeout: PATIENCE }, () => {
  it('has each event once and in order, whatever its homeserver does and whenever it is killed', async () => {
    const at: readonly MatrixEnd[] = ['taken', 'told', 'stop'];
    expect(await violationsIn(matrixNetwork, { rate: 30 }, (place) => playMatrixRuns(place, { runs: 3, at }))).toEqual(
      [],
    );
  });
});

describe('a gateway with accounts of users on Matrix', { timeout: PATIENCE }, () => {
  it('loses nothing and says nothing twice, and reads and writes in encrypted rooms after each kill', async () => {
    const violations = await violationsIn(accountsNetwork, {}, (place) =>
      playAccountsRuns(place, { runs: 3, at: ['told', 'keys', 'taken'] }),
    );
    expect(violations).toEqual([]);
  });
});

describe('the ports of a laboratory', () => {
  it('are of nobody else, also where another has the same seed', async () => {
    const parts = { ledger: openLedger(emailNetwork()), rate: 1, far: false };
    await using one = await emailNetwork().open({ ...parts, random: seeded(1) });
    await using other = await emailNetwork().open({ ...parts, random: seeded(1) });
    expect(portsOf(one).filter((port) => portsOf(other).includes(port))).toEqual([]);
  });

  const portsOf = ({ setting }: { readonly setting: NetworkSetting }): readonly number[] =>
    setting.kind === 'email' ? [setting.smtp, setting.lmtp] : [];
});

describe('a journal that is looked into', () => {
  it('knows what was given up from when it was owed', async () => {
    using dir = folder();
    const file = join(dir.path, 'store.db');
    using db = new DatabaseSync(file);
    db.exec('create table journal (id integer, event text, lane text, state text, body text)');
    const add = db.prepare('insert into journal values (?, ?, ?, ?, ?)');
    const body = JSON.stringify({ way: 'in', event: { id: 'e1', text: 'bob romeo 3' } });
    add.run(1, 'r1', 'in x', 'flight', body);
    add.run(2, 'r2', 'in x', 'flight', JSON.stringify({ way: 'receipt', origin: { id: 'm1' } }));
    add.run(3, 'r3', 'in x', 'flight', JSON.stringify({ way: 'in', event: { id: 'e2' }, marks: { id: 'm2' } }));
    const view = viewJournal(`sqlite:${file}`);
    expect(await view.owedToXmpp()).toEqual(['e1', 'receipt m1', 'e2', 'receipt m2']);
    expect(await view.parked()).toEqual([]);
    db.exec("update journal set state = 'parked', body = ''");
    expect(await view.parked()).toEqual([{ lane: 'bob romeo', number: 3 }]);
  });
});

describe('the books', () => {
  const told = (lane: string, number: number) => ({ lane, number });
  const row = (stanza: string, outcome: string | null) => ({ stanza, event: `j-${stanza}`, outcome });
  const NONE = new Set<string>();

  it('see what was lost, what came early and what came as something else', () => {
    const ledger = openLedger(pigeonNetwork);
    for (let count = 0; count < 3; count++) ledger.tell('a b');
    ledger.came(told('a b', 0), 'x');
    ledger.came(told('a b', 2), 'z');
    ledger.connected(new Set(['x']), false);
    ledger.came(told('a b', 0), 'y');
    ledger.close([], []);
    expect(ledger.violations).toEqual([
      'a b #0 came as x and as y',
      'y came again, although the store had it as read',
      'a b #2 came where #1 was due',
      'a b #1 was told and never came',
    ]);
  });

  it('count a message that was given up, and miss it where it was not', () => {
    const ledger = openLedger(pigeonNetwork);
    for (let count = 0; count < 5; count++) ledger.tell('a b');
    for (const number of [0, 2, 4]) ledger.came(told('a b', number), `x${number}`);
    ledger.close([], [], [told('a b', 1)]);
    expect(ledger.figures.parked).toBe(1);
    expect(ledger.violations).toEqual(['a b #4 came where #3 was due', 'a b #3 was told and never came']);
  });

  it('count an answer that was given up, and miss it where it was not', () => {
    const ledger = openLedger(pigeonNetwork);
    const landed = ['j-m1', 'j-m2'].map((tag, number) => ({ ...told('b a', number), tag }));
    ledger.close([{ ...row('m1', 'delivered'), untold: true }, row('m2', 'delivered')], landed);
    expect(ledger.figures.untold).toBe(1);
    expect(ledger.violations).toEqual(['m2 was delivered, and its sender has not heard so (0 receipts, 0 errors)']);
  });

  it('see a repeat in one connection, and one that nobody owed', () => {
    const ledger = openLedger(pigeonNetwork);
    ledger.tell('a b');
    ledger.came(told('a b', 0), 'x');
    ledger.came(told('a b', 0), 'x');
    ledger.connected(NONE, false);
    ledger.came(told('a b', 0), 'x');
    ledger.close([], []);
    expect(ledger.violations).toEqual([
      'x came twice in one connection',
      'x came again, although the store had it as read',
    ]);
  });

  it('see who was not answered, answered twice, or answered for nothing', () => {
    const ledger = openLedger(pigeonNetwork);
    ledger.heard('m1', 'receipt');
    ledger.heard('m1', 'error');
    ledger.heard('m3', 'receipt');
    ledger.close([row('m1', 'bounced'), row('m2', 'delivered'), row('m4', null)], [{ ...told('b a', 1), tag: 'j-m2' }]);
    expect(ledger.violations).toEqual([
      'm1 has both a receipt and an error',
      'm2 was delivered, and its sender has not heard so (0 receipts, 0 errors)',
      'm4 is accepted and still owed',
      'm3 has a receipt and no row',
    ]);
  });

  it('see a second row of what was not sent again, or had not failed', () => {
    const ledger = openLedger(pigeonNetwork);
    for (const stanza of ['m1', 'm2', 'm3']) ledger.heard(stanza, 'error');
    for (const stanza of ['m1', 'm2']) ledger.repeated(stanza);
    for (const stanza of ['m1', 'm2', 'm3']) ledger.heard(stanza, 'receipt');
    const rows = [row('m1', 'bounced'), row('m2', 'parked'), row('m3', 'bounced')];
    const more = rows.map(({ stanza }) => ({ stanza, event: `j-again-${stanza}`, outcome: 'delivered' }));
    const landed = more.map(({ event }, number) => ({ ...told('b a', 9 - number), tag: event }));
    ledger.close([...rows, ...more], landed);
    expect(ledger.violations).toEqual([
      'm2 was parked, and has another row',
      'm3 has 2 rows, and was sent 1 times',
      'm3 has both a receipt and an error',
    ]);
  });

  it('see an answer that nobody has asked for again', () => {
    const ledger = openLedger(pigeonNetwork);
    ledger.heard('m1', 'receipt');
    ledger.repeated('m1');
    ledger.heard('m1', 'receipt');
    ledger.heard('m1', 'receipt');
    ledger.close([row('m1', 'delivered')], [{ ...told('b a', 1), tag: 'j-m1' }]);
    expect(ledger.violations).toEqual(['receipt m1 came twice in one connection']);
  });

  it('take a refusal of what had arrived, and was sent again, for no answer to it, and only that', () => {
    const ledger = openLedger(pigeonNetwork);
    expect(ledger.unkept('m1')).toBe(false);
    ledger.heard('m1', 'receipt');
    expect(ledger.unkept('m1')).toBe(false);
    ledger.repeated('m1');
    expect([ledger.unkept('m1'), ledger.unkept('m1')]).toEqual([true, false]);
    ledger.close([row('m1', 'delivered')], [{ ...told('b a', 1), tag: 'j-m1' }]);
    expect(ledger.violations).toEqual([]);
  });

  it('know two rows of answers to one stanza that are written again after kills from the answer to a third try', () => {
    const ledger = openLedger(pigeonNetwork);
    ledger.heard('m1', 'error');
    ledger.repeated('m1');
    ledger.heard('m1', 'error');
    ledger.repeated('m1');
    ledger.connected(['error m1', 'error m1'], false);
    for (let count = 0; count < 3; count++) ledger.heard('m1', 'error');
    ledger.close([row('m1', 'bounced'), row('m1', 'bounced'), row('m1', 'bounced')], []);
    expect(ledger.violations).toEqual([]);
    ledger.heard('m1', 'error');
    expect(ledger.violations).toEqual(['error m1 came twice in one connection']);
  });

  it('know the answer to what was sent again from the row of an answer that is written again after a kill', () => {
    const ledger = openLedger(pigeonNetwork);
    ledger.heard('m1', 'error');
    ledger.connected(new Set(['error m1']), false);
    ledger.repeated('m1');
    for (let count = 0; count < 2; count++) ledger.heard('m1', 'error');
    ledger.close([row('m1', 'bounced')], []);
    expect(ledger.violations).toEqual([]);
    ledger.heard('m1', 'error');
    expect(ledger.violations).toEqual(['error m1 came twice in one connection']);
  });

  it('see what lies in the loft without a row, twice, or in another order', () => {
    const ledger = openLedger(pigeonNetwork);
    for (const stanza of ['m1', 'm2']) ledger.heard(stanza, 'receipt');
    ledger.close(
      [row('m1', 'delivered'), row('m2', 'delivered')],
      [
        { ...told('b a', 1), tag: 'j-m1' },
        { ...told('b a', 1), tag: 'j-m1' },
        { ...told('b a', 0), tag: 'j-m9' },
      ],
    );
    expect(ledger.violations).toEqual([
      'b a #1 is in the loft twice',
      'b a #1 is in the loft behind #1',
      'b a #0 is in the loft and in no row',
      'b a #0 is in the loft behind #1',
      'j-m2 was called delivered and is not in the loft',
    ]);
  });

  it('see a text that was given up although it arrived, or although nobody refused it', () => {
    const ledger = openLedger(smsNetwork());
    const text = { from: '+14155550100', to: '+14155552671', direction: 'outbound-api', service: null } as const;
    const none = { mediaUrls: [], media: [], created: 0, error: null };
    const at = (ref: string, status: string): FakeMessage => ({
      ...{ ...text, ...none, sid: ref, body: ref, status },
      callback: `https://gateway.example/status?ref=j-${ref}`,
    });
    auditFates(
      { messages: [at('m1', 'delivered'), at('m2', 'failed')] },
      [row('m1', 'bounced'), row('m2', 'bounced')],
      ledger,
    );
    auditFates({ messages: [] }, [row('m3', 'bounced'), row('m4', 'parked')], ledger);
    expect(ledger.violations).toEqual([
      '"m1" is delivered, and its row is bounced: undefined',
      'm3 was bounced, and nobody has refused it: undefined',
    ]);
  });

  it('see a mail that came again though its sender knew, or with other words, and one that was given up for nothing', () => {
    const mail = (messageId: string, event: string, by: string, answered: boolean): TakenMail => ({
      ...{ messageId, by, answered, from: '', to: '', envelopeId: '' },
      texts: [{ ...told('b a', 0), event }],
    });
    const ledger = openLedger(emailNetwork());
    const taken = [mail('m1', 'j-1', 'p1', true), mail('m1', 'j-1', 'p1', false), mail('m1', 'j-2', 'p2', false)];
    expect(auditRepeats(taken, ledger)).toBe(2);
    const fates = new Map([['m1', 'delivered'] as const]);
    const rows = [row('1', 'bounced'), row('2', 'delivered'), row('3', 'bounced')];
    auditMailFates({ taken, refused: new Set() }, fates, rows, ledger);
    expect(ledger.violations).toEqual([
      'm1 came again, although its sender had read that it was taken',
      'm1 came with j-1, and again with j-2',
      'm1 came 3 times',
      '1 was delivered, and its row is bounced: ',
      '3 was bounced, and nobody has refused it: ',
    ]);
  });

  it('see a mailbox in which a mail has another mark than its user wants, or a copy too many', async () => {
    const ledger = openLedger(ownMailNetwork());
    await using romeo = await scriptedImap();
    await using nurse = await scriptedImap();
    for (const imap of [romeo, nurse]) {
      imap.create('Done');
      imap.deliver('Message-ID: <m1@peers.example>\n\nfirst', 'INBOX', imap === nurse ? '\\Seen' : '');
      imap.deliver('Message-ID: <m2@peers.example>\n\nlater', 'INBOX', '\\Draft');
    }
    for (const id of ['o1@chat.example', 'o1@chat.example', 'o2@elsewhere.example'])
      romeo.deliver(`Message-ID: <${id}>\n\nsent`, 'Sent', '\\Seen');
    const one = {
      messageId: '<o1@chat.example>',
      by: 'p1',
      texts: [],
      from: '',
      to: '',
      envelopeId: '',
      answered: true,
    };
    const mailboxes = [
      { owner: 'romeo', imap: romeo },
      { owner: 'nurse', imap: nurse },
    ];
    auditMailboxes(mailboxes, [one], ledger);
    expect(ledger.violations).toEqual([
      '<m1@peers.example> of romeo was shown, and lies there with the marks ‘’',
      '<o1@chat.example> was taken 1 times, and kept 2 times',
      '<m1@peers.example> of nurse was shown, and lies there with the marks ‘\\Seen’',
    ]);
  });

  it('see the order of what was told by webhook, and of what was missed, each for itself', () => {
    const ledger = openLedger(smsNetwork());
    for (let count = 0; count < 4; count++) ledger.tell('a b');
    for (const number of [1, 3, 0, 2]) ledger.came(told('a b', number), `x${number}`);
    const calls = (...list: readonly Call[]) => new Map(list.map((call, number) => [`a b ${number}`, call]));
    auditOrder(calls('missed', 'told', 'missed', 'told'), ledger);
    expect(ledger.violations).toEqual([]);
    auditOrder(calls('missed', 'told', 'told', 'told'), ledger);
    expect(ledger.violations).toEqual(['a b #2 came behind #3, and both were told']);
  });
});
