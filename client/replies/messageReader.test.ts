import { expect, test } from 'vitest';
import { REPLY } from '../../protocol/replies.ts';
import { MessageReader } from './messageReader.ts';

test.each(['An apple a day', REPLY.ok, REPLY.idleTooLong])(
  'reads %j after 200 OK as the message',
  (message) => {
    const reader = new MessageReader();
    expect(reader.receiveLine(REPLY.ok)).toBeUndefined();
    expect(reader.receiveLine(message)).toEqual({ is: 'message', message });
  },
);

test('escapes control characters', () => {
  const reader = new MessageReader();
  reader.receiveLine(REPLY.ok);
  expect(reader.receiveLine('\x1bc')).toEqual({ is: 'message', message: '^[c' });
});

test.each([
  ['421 TOO MANY CONNECTIONS', '421 TOO MANY CONNECTIONS'],
  ['\x1bc', '^[c'],
])('reports %j instead of 200 OK as rejected', (line, reply) => {
  expect(new MessageReader().receiveLine(line)).toEqual({ is: 'rejected', reply });
});
