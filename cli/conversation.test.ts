// The two pure halves, put together in memory: no socket, no screen, no clock.

import { expect, test } from 'vitest';
import type { Effect } from '../client/dialogue/conversation.ts';
import { Dialogue } from '../client/dialogue/dialogue.ts';
import { type Golden, goldens } from '../e2e/golden/golden.ts';
import { SessionDriver } from '../server/session/session.harness.ts';

type Cut = (text: string) => string[];

const CUTS: [how: string, cut: Cut][] = [
  ['whole', (text) => [text]],
  ['byte by byte', (text) => [...text]],
];
const cases = CUTS.flatMap(([how, cut]) => goldens.map((golden) => ({ how, cut, ...golden })));

test.each(cases)('case $name, to the letter, sent $how', ({ cut, typed, screen }) => {
  expect(converse(typed, cut)).toBe(screen);
});

/** The screen after a person has typed these lines, each at its prompt. */
function converse(typed: Golden['typed'], cut: Cut): string {
  const server = new SessionDriver();
  const dialogue = new Dialogue();
  const lines = [...typed];
  const due: Effect[] = dialogue.start();
  let screen = '';
  for (let effect = due.shift(); effect !== undefined; effect = due.shift()) {
    switch (effect.do) {
      case 'print':
        screen += `${effect.line}\n`;
        break;
      case 'ask': {
        const line = lines.shift();
        screen += effect.prompt;
        if (line === undefined) return screen;
        screen += `${line}\n`;
        due.push(...dialogue.typed(line));
        break;
      }
      case 'send': {
        const before = server.sent.length;
        server.receive(...cut(effect.text));
        for (const chunk of cut(server.sent.slice(before))) due.push(...dialogue.received(chunk));
        break;
      }
      case 'end':
        return screen;
      case 'stopAsking':
        throw new Error('nothing is lost in memory');
    }
  }
  return screen;
}
