import { expect, test } from 'vitest';
import { REPLY } from '../../protocol/replies.ts';
import { replyWords } from './replyWords.pure.ts';

test.each(
  Object.values(REPLY).filter((reply) => /^(?:301|404|409|413|422|424|503|507)/.test(reply)),
)('has words for %s', (reply) => {
  expect(replyWords(reply)).not.toContain(reply);
});

test.each(['400 UNKNOWN COMMAND', '400 Bad Request'])('takes %s for an older server', (reply) => {
  expect(replyWords(reply)).toBe('This server cannot plan messages: it is an older one.');
});

test.each(['599 WHATEVER', '400 BAD NUMBER'])('shows any other reply as it is: %s', (reply) => {
  expect(replyWords(reply)).toBe(`The server replied: ${reply}`);
});
