import { expect, test } from 'vitest';
import { startHintText } from './startHint.ts';

test('names the first command, and where to find the others', () => {
  expect(startHintText(['MSGGET', 'QUIT'], false)).toBe(
    'Type MSGGET and press Enter to read the message, or Ctrl-K for everything you can do.',
  );
  expect(startHintText(['INFO', 'QUIT'], false)).toBe(
    'Type INFO and press Enter, or Ctrl-K for everything you can do.',
  );
});

test('names no command that lacks its arguments', () => {
  expect(startHintText(['GET ', 'INFO'], false)).toMatch(/^Type INFO /);
  expect(startHintText(['GET '], false)).toBe('Type a line and press Enter to send it.');
});

test('names no key if the commands are buttons', () => {
  expect(startHintText(['MSGGET'], true)).toBe('Tap a command to begin.');
  expect(startHintText([], true)).toBe('Type a line and press Enter to send it.');
});
