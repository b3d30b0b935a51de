// Runs the client's dialogue against the server's session in memory, without sockets or clocks.

import { expect, test } from 'vitest';
import type { Effect } from '../client/dialogue/conversation.ts';
import { Dialogue } from '../client/dialogue/dialogue.ts';
import { type Golden, goldens } from '../e2e/golden/golden.ts';
import { SessionDriver } from '../server/session/session.harness.ts';

type Split = (text: string) => string[];

const SPLITS: [how: string, split: Split][] = [
  ['whole', (text) => [text]],
  ['byte by byte', (text) => [...text]],
];
const cases = SPLITS.flatMap(([how, split]) =>
  goldens.map((golden) => ({ how, split, ...golden })),
);

test.each(cases)(
  'prints the golden transcript of case $name, sent $how',
  ({ split, typed, screen }) => {
    expect(converse(typed, split)).toBe(screen);
  },
);

/** @returns What is on the screen after these lines were typed, each at its prompt. */
function converse(typed: Golden['typed'], split: Split): string {
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
        server.receive(...split(effect.text));
        for (const chunk of split(server.sent.slice(before)))
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
