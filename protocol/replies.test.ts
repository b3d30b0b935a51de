import { expect, test } from 'vitest';
import { classifyReply, REPLY } from './replies.ts';

const SUCCESS: readonly string[] = [REPLY.ok, REPLY.shutdownAccepted];

test.each([...SUCCESS, '200 OK 17'])('%s is a success', (reply) => {
  expect(classifyReply(reply)).toBe('success');
});

test('300 PASSWORD REQUIRED is a question, not a failure: the command goes on', () => {
  expect(classifyReply('300 PASSWORD REQUIRED')).toBe('question');
});

test.each(
  Object.values(REPLY).filter((reply) => {
    return !SUCCESS.includes(reply) && reply !== REPLY.passwordRequired;
  }),
)('%s is a failure', (reply) => {
  expect(classifyReply(reply)).toBe('failure');
});

test('a reply of a newer server is classified by its number', () => {
  expect(classifyReply('503 TRY LATER')).toBe('failure');
  expect(classifyReply('202 ACCEPTED')).toBe('success');
});

test.each(['', 'An apple a day', '4000 apples', ' 400 BAD'])('%j is no reply', (line) => {
  expect(classifyReply(line)).toBeUndefined();
});
