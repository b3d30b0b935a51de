import { expect, test } from 'vitest';
import { buildProgram, expandShorthand } from './program.ts';

const { commands } = await buildProgram('1.2.3');

test.each(commands.map((command) => [command.name(), command] as const))(
  'gives every flag of `motd %s` an environment variable, and a description unless it is hidden',
  (_name, command) => {
    for (const { long, envVar, description, hidden } of command.options) {
      expect(envVar, long).toMatch(/^MOTD_[A-Z_]+$/);
      if (!hidden) expect(description, long).not.toBe('');
    }
  },
);

test.each(commands.map((command) => command.name()))(
  'loads `motd %s` without the commands that it does not need',
  async (name) => {
    const { commands: loaded } = await buildProgram('1.2.3', name);
    expect(loaded.map((command) => command.name())).toContain(name);
    expect(loaded.length).toBeLessThan(commands.length);
  },
);

test('takes -v for --version, but only in the place of a command', () => {
  expect(expandShorthand(['-v'])).toEqual(['--version']);
  expect(expandShorthand(['get', '-v'])).toEqual(['get', '-v']);
});
