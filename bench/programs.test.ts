import { describe, expect, test } from 'vitest';
import { isLinux, isRunning, NEEDS_LINUX } from '../testing/procFs.ts';
import { Programs } from './programs.ts';

const FOREVER = ['-e', 'setInterval(() => {}, 1000)'];

describe.skipIf(!isLinux)(`programs (${NEEDS_LINUX})`, () => {
  test('are ended when the work is done, and when it fails', async () => {
    let pid = 0;
    const failing = Programs.during(async (programs) => {
      pid = await programs.background(process.execPath, FOREVER);
      expect(isRunning(pid)).toBe(true);
      throw new Error('the measurement failed');
    });
    await expect(failing).rejects.toThrow('the measurement failed');
    expect(isRunning(pid)).toBe(false);
  });

  test('that end by themselves are reported with their status', async () => {
    const starting = Programs.during((programs) =>
      programs.server(process.execPath, () => ['-e', 'process.exit(3)']),
    );
    await expect(starting).rejects.toThrow('ended: status 3');
  });

  test('that several contestants share are started once', async () => {
    let starts = 0;
    const start = async () => {
      starts += 1;
      return starts;
    };
    const both = await Programs.during(async (programs) => [
      await programs.shared(start),
      await programs.shared(start),
    ]);
    expect(both).toEqual([1, 1]);
  });
});
