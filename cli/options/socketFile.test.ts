import { expect, test } from 'vitest';
import { HTTP_SOCKET, parseMode, parseSocketPath, socketFileFrom } from './socketFile.ts';

test('a path is made absolute', () => {
  expect(parseSocketPath('/run/motd.sock')).toBe('/run/motd.sock');
  expect(parseSocketPath('motd.sock')).toBe(`${process.cwd()}/motd.sock`);
});

test.each(['', '/tmp/with space', `/tmp/${'x'.repeat(103)}`, `/${'é'.repeat(54)}`])(
  'rejects the path %j',
  (path) => {
    expect(() => parseSocketPath(path)).toThrow(/^It must be the path of a Unix socket/);
  },
);

test('rejects a ~ that the shell has not expanded', () => {
  expect(() => parseSocketPath('~/motd.sock')).toThrow(/^The shell does not expand ~ here: /);
});

test('accepts a path of exactly 107 bytes', () => {
  expect(parseSocketPath(`/${'x'.repeat(106)}`)).toHaveLength(107);
});

test.each(['66', '0o660', '888', '1777', 'rw-', '-660'])('rejects the mode %j', (mode) => {
  expect(() => parseMode(mode)).toThrow(/^It must be a mode of three octal digits/);
});

test('the mode is octal, and 660 by default', () => {
  const modeOf = (mode?: string) => socketFileFrom('/s', mode, HTTP_SOCKET)?.mode;
  expect(modeOf()).toBe(0o660);
  expect(modeOf(parseMode('0600'))).toBe(0o600);
  expect(socketFileFrom(undefined, undefined, HTTP_SOCKET)).toBeUndefined();
  expect(() => socketFileFrom(undefined, '600', HTTP_SOCKET)).toThrow(
    '--http-socket-mode is for --http-socket; pass both, or leave it out',
  );
});
