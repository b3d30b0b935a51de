// Runs the client's dialogue against the server's session in memory, without sockets or clocks.

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

test.each(cases)(
  'prints the golden transcript of case $name, sent $how',
  ({ cut, typed, screen }) => {
    expect(converse(typed, cut)).toBe(screen);
  },
);

/** @returns What is on the screen after these lines were typed, each at its prompt. */
function converse(typed: Golden['typed'], cut: Cut): string {
  const server = new SessionDriver();
  const dialogue = new Dialogue();
  const lines = [...typed];
  const pending: Effect[] = dialogue.start();
  let screen = '';
  for (let effect = pending.shift(); effect !== undefined; effect = pending.shift()) {
    switch (effect.do) {
      case 'print':
        screen += `${effect.line}\n`;
        break;
      case 'ask': {
        const line = lines.shift();
        screen += effect.prompt;
        if (line === undefined) return screen;
        screen += `${line}\n`;
        pending.push(...dialogue.typed(line));
        break;
      }
      case 'send': {
        const before = server.sent.length;
        server.receive(...cut(effect.text));
        for (const chunk of cut(server.sent.slice(before)))
          pending.push(...dialogue.received(chunk));
        break;
      }
      case 'end':
        return screen;
      case 'stopAsking':
        throw new Error('no connection is lost in memory');
    }
  }
  return screen;
}
