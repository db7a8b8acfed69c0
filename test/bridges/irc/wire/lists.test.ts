import framework from 'irc-framework';
import { expect, it } from 'vitest';
import { singly } from '#bridges/irc/wire/lists.ts';

const of = (text: string) => singly(framework.ircLineParser(text)).map(({ params }) => params.join(' '));

it.each([
  [':a!u@h JOIN #x,#y', ['#x', '#y']],
  [':a!u@h JOIN #x,#y account :real', ['#x account real', '#y account real']],
  [':a!u@h PART #x,#y :bye, all', ['#x bye, all', '#y bye, all']],
  [':a!u@h KICK #x b,c :why', ['#x b why', '#x c why']],
  [':a!u@h KICK #x,#y b,c :why', ['#x b why', '#y c why']],
  [':a!u@h KICK #x b :x, y', ['#x b x, y']],
  [':a!u@h PRIVMSG #x,#y :text', ['#x,#y text']],
  [':a!u@h NICK a', []],
  [':a!u@h NICK A', ['A']],
  [':a!u@h JOIN', ['']],
])('%s', (line, lines) => expect(of(line)).toEqual(lines));
