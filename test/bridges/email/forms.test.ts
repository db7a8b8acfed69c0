import { describe, expect, it } from 'vitest';
import { config as configSchema } from '#bridges/email/config.ts';
import { watchForms } from '#bridges/email/forms/expiry.ts';
import { openMailForms } from '#bridges/email/forms/forms.ts';
import { serveFormPage } from '#bridges/email/forms/page.ts';
import { answeredForm, answersIn, questionnaireOf } from '#bridges/email/forms/questionnaire.ts';
import { openMailState } from '#bridges/email/threads/state.ts';
import { openAlone } from '#bridges/email/transport.ts';
import type { HttpRoute, Serve } from '#src/bridge.ts';
import type { EventOf } from '#src/model/event.ts';
import type { Form } from '#src/model/form.ts';
import { accountKey, type BareJid, type EventId } from '#src/model/ids.ts';
import { testHost } from '../../contract/host.ts';

const DOMAIN = 'mail.example';
const BOB = 'bob@example.com';
const account = accountKey('ci@a.example' as BareJid, DOMAIN);
const choice: Form<string> = {
  title: 'Deployment',
  fields: [
    { name: 'build', type: 'hidden', value: ['17'] },
    {
      name: 'ok',
      type: 'choice',
      label: 'Go?',
      required: true,
      options: [{ value: 'yes', label: 'Yes & now' }, { value: 'no' }],
    },
  ],
};

const several: Form<string> = {
  ...choice,
  fields: [
    ...choice.fields,
    {
      name: 'where',
      type: 'choices',
      label: 'Where?',
      required: true,
      options: [
        { value: 'n', label: 'north' },
        { value: 's', label: 'south' },
      ],
    },
    { name: 'why', type: 'text', label: 'Why?' },
  ],
};

async function world() {
  const routes: { route: HttpRoute; serve: Serve }[] = [];
  const http = {
    route: (route: HttpRoute, serve: Serve) => void routes.push({ route, serve }),
    url: (path: string) => `https://gw.example/hooks/${DOMAIN}/${path}`,
  };
  const { host, drafts, clock } = testHost(DOMAIN, {}, { http });
  const config = configSchema.parse({
    domain: DOMAIN,
    outgoing: { host: 'smtp.example.com', port: 587 },
    incoming: { lmtp: '127.0.0.1:2524' },
  });
  const transport = { host, config, state: await openMailState(host), alone: openAlone(host) };
  const forms = openMailForms(transport);
  serveFormPage(transport, forms);
  async function ask(id: string, form = choice) {
    const event = { id: id as EventId, kind: 'message', style: 'plain', text: '', form } as EventOf<'message'>;
    const { text, writes } = forms.asked(event, { account, their: BOB, thread: 't' });
    await host.emit([], writes);
    return { text, links: [...text.matchAll(/https:\S+/g)].map(([link]) => link) };
  }
  async function request(method: 'GET' | 'POST', link: string, body?: string) {
    const [token = '', option] = link.split('/form/')[1]?.split('/') ?? [];
    const path = option === undefined ? '/form/:token' : '/form/:token/:option';
    const found = routes.find(({ route }) => route.method === method && route.path === path);
    const sent = new Request(link, { method, ...(body !== undefined && { body }) });
    const answer = await found?.serve(sent, { token, ...(option !== undefined && { option }) });
    return { status: answer?.status, page: (await answer?.text()) ?? '', headers: answer?.headers };
  }
  return { ask, request, drafts, clock, forms };
}

describe('a form by mail', () => {
  it('has a link for each choice: a GET shows, a POST decides once', async () => {
    const { ask, request, drafts } = await world();
    const { text, links } = await ask('e1');
    expect(text).toBe(
      `Deployment\n\nGo?\n1. Yes & now: ${links[0]}\n2. no: ${links[1]}\n\nFollow the link of your choice, or answer with its number alone.`,
    );
    for (const link of links) {
      const { status, page, headers } = await request('GET', link);
      expect(status).toBe(200);
      expect(page).toContain('<form method="post">');
      expect(headers?.get('content-security-policy')).toContain("frame-ancestors 'none'");
    }
    expect((await request('GET', links[0] ?? '')).page).toContain('Yes &amp; now');
    expect(drafts).toEqual([]);
    expect((await request('POST', links[1] ?? '')).status).toBe(200);
    expect(drafts).toMatchObject([
      {
        place: { kind: 'contact', id: BOB },
        thread: 't',
        form: {
          fields: [
            { name: 'build', value: ['17'] },
            { name: 'ok', value: ['no'] },
          ],
          ending: { state: 'submit', by: BOB, verified: 'address' },
        },
      },
    ]);
    expect(await request('POST', links[0] ?? '')).toMatchObject({ status: 409 });
    expect((await request('GET', links[0] ?? '')).page).not.toContain('<form');
    expect(drafts).toHaveLength(1);
  });

  it('makes no wrong submit of 50 wrong, late, doubled, forged and scanner-fetched answers', async () => {
    const { ask, request, drafts, clock, forms } = await world();
    const first = await ask('e1');
    const second = await ask('e2');
    const [right = '', other = ''] = first.links;
    const token = right.split('/form/')[1]?.split('/')[0] ?? '';
    const forged = [`${token.slice(1)}x`, token.toUpperCase(), '', 'x', `${token}%00`].map((one) =>
      right.replace(token, one),
    );
    const wrong = ['0', '3', '99', '-1', '1e0', '01', '', 'yes', '１', '1 '].map((option) =>
      right.replace(/1$/, option),
    );
    for (const link of [...first.links, ...second.links, ...first.links, ...second.links]) await request('GET', link);
    for (const link of [...forged, ...wrong]) {
      await request('GET', link);
      await request('POST', link);
    }
    for (const text of ['3', '0', 'yes', '1 2', '1?', '1, please', '', '11', '-1', '1.5'])
      expect(await forms.replied(['e1'], text, [])).toBeUndefined();
    expect(await forms.replied(['e9'], '1', [])).toBeUndefined();
    expect(drafts).toEqual([]);
    const answers = await Promise.all([right, other, right, right, other].map((link) => request('POST', link)));
    expect(answers.map(({ status }) => status)).toEqual([200, 409, 409, 409, 409]);
    expect(await forms.replied(['e1'], '2', [])).toMatchObject({ state: 'taken' });
    // One mail with two forms does not say which a number is for.
    expect(await forms.replied(['e1', 'e2'], '2', [])).toBeUndefined();
    expect(drafts).toHaveLength(1);
    expect(drafts[0]).toMatchObject({ form: { fields: [{}, { value: ['yes'] }] } });
    clock.advance(8 * 24 * 3_600_000);
    for (const link of second.links) {
      expect((await request('GET', link)).status).toBe(410);
      expect((await request('POST', link)).status).toBe(410);
    }
    expect(await forms.replied(['e2'], '1', [])).toEqual({ state: 'late' });
    expect(drafts).toHaveLength(1);
    await forms.expire();
    await forms.expire();
    expect(drafts[1]).toMatchObject({
      text: expect.stringContaining('not answered'),
      form: { ending: { state: 'cancel' } },
    });
    expect(drafts).toHaveLength(2);
  });

  it('of several questions is a page, which a POST with what the page holds answers, and lines with numbers do, too', async () => {
    const { ask, request, drafts, forms } = await world();
    const { text, links } = await ask('e1', several);
    const [link = ''] = links;
    expect(text).toBe(
      `Deployment\n\n1. Go?\n   1) Yes & now\n   2) no\n2. Where?\n   1) north\n   2) south\n3. Why? (may be left out)\n\nFill it in here: ${link}\nOr answer with nothing but a line for each question, such as\n1: 2`,
    );
    const { status, page, headers } = await request('GET', link);
    expect(status).toBe(200);
    expect(page).toContain('Yes &amp; now');
    expect(headers?.get('content-security-policy')).toContain("frame-ancestors 'none'");
    const proof = /name="proof" value="([^"]+)"/.exec(page)?.[1];
    expect(await request('POST', link, `proof=${proof}&q1=1`)).toMatchObject({ status: 422 });
    expect(drafts).toEqual([]);
    expect(await request('POST', link, `proof=${proof}&q1=1&q2=1&q2=2&q3=%3Cb%3E`)).toMatchObject({ status: 200 });
    const fields = [
      { name: 'build', type: 'hidden', value: ['17'] },
      { name: 'ok', type: 'choice', value: ['yes'] },
      { name: 'where', type: 'choices', value: ['n', 's'] },
      { name: 'why', type: 'text', value: ['<b>'] },
    ];
    expect(drafts).toMatchObject([
      {
        text: 'Go?: Yes & now\nWhere?: north, south\nWhy?: <b>\n(answered by bob@example.com)',
        form: { fields, ending: { state: 'submit', by: BOB, verified: 'address' } },
      },
    ]);
    expect((await request('GET', link)).page).not.toContain('<form');
    await ask('e2', several);
    expect(await forms.replied(['e2'], ' 2: 2\n\n1: 1 \n', [])).toMatchObject({ state: 'done' });
    expect(drafts[1]).toMatchObject({ form: { fields: [{}, { value: ['yes'] }, { value: ['s'] }] } });
  });

  it('of several questions makes no wrong submit of 50 wrong, late, doubled, forged and scanner-fetched answers', async () => {
    const { ask, request, drafts, clock, forms } = await world();
    const [link = ''] = (await ask('e1', several)).links;
    const [late = ''] = (await ask('e2', several)).links;
    const [approval = ''] = (await ask('e3')).links;
    const token = link.split('/form/')[1] ?? '';
    const proof = forms.proof(token);
    const good = `proof=${proof}&q1=1&q2=1`;
    const attempts: (() => Promise<unknown>)[] = [
      // Fetched by scanners, and posted to by them.
      ...[link, late, link, `${link}/1`, approval].map((one) => () => request('GET', one)),
      ...[link, late].map((one) => () => request('POST', one, '')),
      () => request('POST', `${link}/1`, good),
      () => request('POST', approval.replace(/\/1$/, ''), good),
      // Forged.
      ...['', 'x', proof.slice(1), proof.toUpperCase(), forms.proof(late.split('/form/')[1] ?? ''), token].map(
        (one) => () => request('POST', link, `proof=${one}&q1=1&q2=1`),
      ),
      ...[`${token.slice(1)}x`, token.toUpperCase(), '', 'x'].map(
        (one) => () => request('POST', link.replace(token, one), good),
      ),
      // Wrong.
      ...[
        ...['q1=1', 'q2=1', 'q1=3&q2=1', 'q1=0&q2=1', 'q1=01&q2=1', 'q1=yes&q2=1', 'q1=1&q1=2&q2=1', 'q1=1&q1=1&q2=1'],
        ...['q1=1&q2=1&q2=1', 'q1=1&q2=9', 'q1=1&q2=n', 'q1=1&q2=1&q3=a&q3=b', 'q1=1&q2=1&q4=1', 'q1=1&q2=1&build=18'],
        `q1=1&q2=1&q3=${'x'.repeat(3000)}`,
      ].map((one) => () => request('POST', link, `proof=${proof}&${one}`)),
      ...[
        ...[
          '1',
          'yes',
          '1: 1',
          '2: 1',
          '1: 1\n2: 3',
          '1: 1\n1: 2\n2: 1',
          '1: 1\n2: 1\n9: x',
          '1: 1 2\n2: 1',
          '1: yes\n2: 1',
        ],
        ...['Sure!\n1: 1\n2: 1', '1: 1\n2: 1\nBob', '', '1:\n2:', '1: 1\n2: 1,1'],
      ].map((one) => () => forms.replied(['e1'], one, [])),
      () => forms.replied(['e9'], '1: 1\n2: 1', []),
    ];
    for (const attempt of attempts) await attempt();
    expect(drafts).toEqual([]);
    // Doubled.
    const answers = await Promise.all(
      [good, good, `proof=${proof}&q1=2&q2=2`].map((body) => request('POST', link, body)),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 409, 409]);
    expect(await forms.replied(['e1'], '1: 2\n2: 2', [])).toMatchObject({ state: 'taken' });
    // Late.
    clock.advance(8 * 24 * 3_600_000);
    const lateProof = forms.proof(late.split('/form/')[1] ?? '');
    expect(await request('POST', late, `proof=${lateProof}&q1=1&q2=1`)).toMatchObject({ status: 410 });
    expect(await forms.replied(['e2'], '1: 1\n2: 1', [])).toEqual({ state: 'late' });
    expect(attempts.length + 5).toBeGreaterThanOrEqual(50);
    expect(drafts).toHaveLength(1);
    expect(drafts[0]).toMatchObject({ form: { fields: [{}, { value: ['yes'] }, { value: ['n'] }] } });
  });

  it('is looked after each hour from the start on, also after a look that failed, until the end', async () => {
    const { host, clock } = testHost(DOMAIN, {}, {});
    let looks = 0;
    const looked = () => new Promise((resolve) => setImmediate(resolve));
    const stop = watchForms(
      { host },
      {
        expire: async () => {
          looks += 1;
          if (looks === 2) throw new Error('the store is away');
        },
      },
    );
    for (let hour = 0; hour < 3; hour++) {
      await looked();
      clock.advance(3_600_000);
    }
    await looked();
    expect(looks).toBe(4);
    stop();
    clock.advance(3_600_000);
    await looked();
    expect(looks).toBe(4);
  });

  it('that asks for a secret is a text', async () => {
    const { ask } = await world();
    const { text, links } = await ask('e1', {
      fields: [
        { name: 'why', type: 'text', label: 'Why?' },
        { name: 'key', type: 'secret' },
      ],
    });
    expect(links).toEqual([]);
    expect(text).toContain('Why?');
  });
});

describe('a questionnaire', () => {
  it.each<[string, Form<string>, string[][] | undefined]>([
    ['of yes and no', { fields: [{ name: 'ok', type: 'boolean' }] }, [['Yes', 'No']]],
    [
      'beside what is filled in',
      {
        fields: [
          { name: 'note', type: 'text', value: ['x'] },
          { name: 'ok', type: 'boolean' },
        ],
      },
      [['Yes', 'No']],
    ],
    ['of several choices', { fields: [{ name: 'a', type: 'choices', options: [{ value: 'x' }] }] }, [['x']]],
    ['of words', { fields: [{ name: 'a', type: 'text' }] }, [[]]],
    ['without a choice', { fields: [{ name: 'a', type: 'choice', options: [] }] }, undefined],
    ['of nothing', { fields: [] }, undefined],
  ])('%s', (_, form, labels) => {
    expect(questionnaireOf(form, 'en')?.questions.map(({ options }) => options.map(({ label }) => label))).toEqual(
      labels,
    );
  });
  it('comes back with the value that was chosen, and what came with it', () => {
    const asked = questionnaireOf(
      {
        fields: [
          { name: 'note', type: 'text', value: ['x'] },
          { name: 'ok', type: 'boolean' },
        ],
      },
      'de',
    );
    if (!asked) throw new Error('it is one');
    expect(asked.questions[0]?.options.map(({ label }) => label)).toEqual(['Ja', 'Nein']);
    expect(answersIn(asked, ' 2. ')).toEqual([['false']]);
    expect(answeredForm(asked, [['false']], BOB).fields).toEqual([
      { name: 'note', type: 'hidden', value: ['x'] },
      { name: 'ok', type: 'choice', value: ['false'] },
    ]);
  });
});
