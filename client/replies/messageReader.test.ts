import { expect, test } from 'vitest';
import { REPLY } from '../../protocol/replies.ts';
import { MessageReader } from './messageReader.ts';

test.each(['An apple a day', REPLY.ok, REPLY.idleTooLong])(
  'reads %j after 200 OK as the message',
  (message) => {
    const reader = new MessageReader();
    expect(reader.lineReceived(REPLY.ok)).toBeUndefined();
    expect(reader.lineReceived(message)).toEqual({ is: 'message', message });
  },
);

test('escapes control characters', () => {
  const reader = new MessageReader();
  reader.lineReceived(REPLY.ok);
  expect(reader.lineReceived('\x1bc')).toEqual({ is: 'message', message: '^[c' });
});

test.each([
  ['421 TOO MANY CONNECTIONS', '421 TOO MANY CONNECTIONS'],
  ['\x1bc', '^[c'],
])('reports %j instead of 200 OK as rejected', (line, reply) => {
  expect(new MessageReader().lineReceived(line)).toEqual({ is: 'rejected', reply });
});
