import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folder, isthmus } from '../process/cli/isthmus.ts';
import { describeReal } from './servers.ts';
import { hasSynapse } from './synapse.ts';

describeReal('the demo', ['prosody', 'inspircd', 'chromium'], () => {
  test('is played by a headless browser from end to end', async () => {
    using dir = folder();
    const screenshot = join(dir.path, 'demo.png');
    await using run = isthmus(['demo', '--check', '--screenshot', screenshot]);
    const { code, out, err } = await run.ended;
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('a bot answers in the page');
    expect(out).toContain('a typed text arrives on the phone');
    expect(out).toContain('an answer from the phone arrives');
    expect(out).toContain('two messages arrive as one mail');
    expect(out).toContain('its delivery report is a receipt');
    expect(out).toContain('a reply arrives without its quote');
    expect(out).toContain('and so does its file');
    if (hasSynapse()) {
      expect(out).toContain('what is said on Matrix arrives in the page');
      expect(out).toContain('an answer arrives on Matrix');
    }
    expect(statSync(screenshot).size).toBeGreaterThan(10_000);
  });
});
