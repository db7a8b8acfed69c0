import { describe, expect, it } from 'vitest';
import { config as configSchema } from '#bridges/email/config.ts';
import { approvalOf, chosenForm, numberOf } from '#bridges/email/forms/approval.ts';
import { openMailForms } from '#bridges/email/forms/forms.ts';
import { serveFormPage } from '#bridges/email/forms/page.ts';
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

async function world() {
  const routes: { route: HttpRoute; serve: Serve }[] = [];
  const http = {
    route: (route: HttpRoute, serve: Serve) => void routes.push({ route, serve }),
    url: (path: string) => `https://gw.example/hooks/${DOMAIN}/${path}`,
  };
  const { host, drafts, clock } = testHost(DOMAIN, 5000, {}, { http });
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
  async function request(method: 'GET' | 'POST', link: string) {
    const [token = '', option = ''] = link.split('/form/')[1]?.split('/') ?? [];
    const found = routes.find(({ route }) => route.method === method);
    const answer = await found?.serve(new Request(link, { method }), { token, option });
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
      expect(await forms.replied('e1', text, [])).toBeUndefined();
    expect(await forms.replied('e9', '1', [])).toBeUndefined();
    expect(drafts).toEqual([]);
    const answers = await Promise.all([right, other, right, right, other].map((link) => request('POST', link)));
    expect(answers.map(({ status }) => status)).toEqual([200, 409, 409, 409, 409]);
    expect(await forms.replied('e1', '2', [])).toMatchObject({ state: 'taken' });
    expect(drafts).toHaveLength(1);
    expect(drafts[0]).toMatchObject({ form: { fields: [{}, { value: ['yes'] }] } });
    clock.advance(8 * 24 * 3_600_000);
    for (const link of second.links) {
      expect((await request('GET', link)).status).toBe(410);
      expect((await request('POST', link)).status).toBe(410);
    }
    expect(await forms.replied('e2', '1', [])).toEqual({ state: 'late' });
    expect(drafts).toHaveLength(1);
  });

  it('that one choice does not answer is a text', async () => {
    const { ask } = await world();
    const { text, links } = await ask('e1', {
      fields: [
        { name: 'why', type: 'text', label: 'Why?' },
        { name: 'ok', type: 'boolean' },
      ],
    });
    expect(links).toEqual([]);
    expect(text).toContain('Why?');
  });
});

describe('an approval', () => {
  it.each<[string, Form<string>, string[] | undefined]>([
    ['of yes and no', { fields: [{ name: 'ok', type: 'boolean' }] }, ['Yes', 'No']],
    [
      'beside what is filled in',
      {
        fields: [
          { name: 'note', type: 'text', value: ['x'] },
          { name: 'ok', type: 'boolean' },
        ],
      },
      ['Yes', 'No'],
    ],
    [
      'of two questions',
      {
        fields: [
          { name: 'a', type: 'boolean' },
          { name: 'b', type: 'boolean' },
        ],
      },
      undefined,
    ],
    ['of several choices', { fields: [{ name: 'a', type: 'choices', options: [{ value: 'x' }] }] }, undefined],
    ['without a choice', { fields: [{ name: 'a', type: 'choice', options: [] }] }, undefined],
    ['of nothing', { fields: [] }, undefined],
  ])('%s', (_, form, labels) => {
    expect(approvalOf(form, 'en')?.options.map(({ label }) => label)).toEqual(labels);
  });
  it('comes back with the value that was chosen, and what came with it', () => {
    const approval = approvalOf(
      {
        fields: [
          { name: 'note', type: 'text', value: ['x'] },
          { name: 'ok', type: 'boolean' },
        ],
      },
      'de',
    );
    if (!approval) throw new Error('it is one');
    expect(approval.options.map(({ label }) => label)).toEqual(['Ja', 'Nein']);
    expect(numberOf(approval, ' 2. ')).toBe(1);
    expect(chosenForm(approval, 1, BOB).fields).toEqual([
      { name: 'note', type: 'hidden', value: ['x'] },
      { name: 'ok', type: 'choice', value: ['false'] },
    ]);
  });
});
