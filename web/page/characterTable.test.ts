import { beforeEach, describe, expect, test, vi } from 'vitest';
import { COMMANDS } from '../../protocol/commands.ts';
import { CharacterTable, SIMPLE } from './characterTable.ts';
import { table as complete } from './terminal.harness.ts';

const WIDE = '漢';
const WIDE_CODE = 0x6f22;

/** Every code point in SIMPLE. */
const simple = Array.from({ length: 0x3000 }, (_, code) => code).filter((code) =>
  new RegExp(`[${SIMPLE}]`).test(String.fromCodePoint(code)),
);

function makeTable(...outcomes: ('loads' | 'fails')[]) {
  let loads = 0;
  let failures = 0;
  const load = async () => {
    if (outcomes[loads++] === 'fails') throw new Error('offline');
    return complete;
  };
  const table = new CharacterTable(load, () => failures++);
  return { table, loads: () => loads, failures: () => failures };
}

describe('the characters that need no table', () => {
  test('have one cell each in the complete table, too', () => {
    const printable = simple.filter((code) => code >= 0x20 && code !== 0x7f);
    const widths = printable.map((code) => complete.wcwidth(code));
    expect(new Set(widths)).toEqual(new Set([1]));
  });

  test('never join each other', () => {
    const after = new Set(simple.map((code) => complete.charProperties(code, 0)));
    for (const preceding of after) {
      for (const code of simple) {
        if ((complete.charProperties(code, preceding) & 0b111) === 0b010) continue;
        expect.unreachable(`U+${code.toString(16)} joins what is before it`);
      }
    }
  });

  test('include commands, colors, quotes, dashes, and Greek and Cyrillic letters', () => {
    const { table, loads } = makeTable('loads');
    table.prepareFor(`${COMMANDS.join(' ')} \x1b[32m“quoted” ’ – … • é ß Ж €\r\n`);
    expect(table.loaded).toBeUndefined();
    expect(loads()).toBe(0);
    expect(table.charProperties(0x61, 0)).toBe(complete.charProperties(0x61, 0));
  });
});

describe('a text with other characters', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
    return () => void vi.useRealTimers();
  });

  test('loads the table once, and then has its widths', async () => {
    const { table, loads } = makeTable('loads');
    table.prepareFor(WIDE);
    table.prepareFor(WIDE);
    await table.loaded;
    expect(table.loaded).toBeUndefined();
    expect(table.wcwidth(WIDE_CODE)).toBe(2);
    expect(table.charProperties(WIDE_CODE, 0)).toBe(complete.charProperties(WIDE_CODE, 0));
    table.prepareFor(WIDE);
    expect(loads()).toBe(1);
  });

  test('gets one cell for each character while the table cannot be loaded', async () => {
    const { table, loads, failures } = makeTable('fails', 'loads');
    table.prepareFor(WIDE);
    await table.loaded;
    expect(failures()).toBe(1);
    expect(table.wcwidth(WIDE_CODE)).toBe(1);
    table.prepareFor(WIDE);
    expect(loads(), 'not for each key').toBe(1);

    vi.advanceTimersByTime(10_000);
    table.prepareFor(WIDE);
    await table.loaded;
    expect(table.wcwidth(WIDE_CODE)).toBe(2);
  });

  test('gets one cell for each character while the table does not arrive, and its widths then', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
    let arrive = (_table: typeof complete) => {};
    const load = () =>
      new Promise<typeof complete>((resolve) => {
        arrive = resolve;
      });
    const onFailure = vi.fn();
    const table = new CharacterTable(load, onFailure);
    table.prepareFor(WIDE);
    const drawn = table.loaded;
    vi.advanceTimersByTime(2_000);
    await drawn;
    expect(table.loaded).toBeUndefined();
    expect(onFailure).toHaveBeenCalledOnce();
    expect(table.wcwidth(WIDE_CODE)).toBe(1);
    arrive(complete);
    await vi.waitFor(() => expect(table.wcwidth(WIDE_CODE)).toBe(2));
  });
});
