import { expect, test } from 'vitest';
import { dataFolder } from './dataFolder.ts';

const LINUX = { platform: 'linux', home: '/home/anna', environment: {} } as const;
const MACOS = { platform: 'darwin', home: '/Users/anna', environment: {} } as const;
const WINDOWS = { platform: 'win32', home: 'C:\\Users\\anna', environment: {} } as const;

test('is below XDG_DATA_HOME, or below its default', () => {
  expect(dataFolder(LINUX)).toBe('/home/anna/.local/share/motd');
  const environment = { XDG_DATA_HOME: '/data' };
  expect(dataFolder({ ...LINUX, environment })).toBe('/data/motd');
  expect(dataFolder({ ...LINUX, platform: 'freebsd', environment })).toBe('/data/motd');
});

test.each(['', 'data', './data'])('ignores XDG_DATA_HOME=%s', (path) => {
  const environment = { XDG_DATA_HOME: path };
  expect(dataFolder({ ...LINUX, environment })).toBe('/home/anna/.local/share/motd');
});

test('is where macOS and Windows have the data of programs', () => {
  expect(dataFolder(MACOS)).toBe('/Users/anna/Library/Application Support/motd');
  expect(dataFolder(WINDOWS)).toBe('C:\\Users\\anna\\AppData\\Local\\motd');
  const environment = { LOCALAPPDATA: 'D:\\Local' };
  expect(dataFolder({ ...WINDOWS, environment })).toBe('D:\\Local\\motd');
});
