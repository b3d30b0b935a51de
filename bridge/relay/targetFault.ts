// Why a text is not a target, for the operator. parseTarget decides; this only explains.

import { MARKS, NAME, parseTarget } from './targets.ts';

const WHOLE_NAME = new RegExp(`^${NAME.source}$`);

/**
 * @param text `parseTarget` rejects it.
 * @returns The reason, which completes "not a target: …".
 */
export function targetFault(text: string): string {
  const [, name, rest = ''] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined) return 'it has no NAME=';
  if (!WHOLE_NAME.test(name)) return `the name '${name}' must be 1 to 32 letters, digits, - or _`;
  const [address = '', ...marks] = rest.split('+');
  if (parseTarget(`${name}=${address}`) === undefined)
    return `'${address}' is neither HOST:PORT, with IPv6 in brackets, nor unix:/PATH`;
  const unknown = marks.find((mark) => !MARKS.has(mark.split('=')[0] ?? ''));
  if (unknown !== undefined) return `unknown mark '+${unknown}'; the marks are ${allMarks()}`;
  return markFault(`${name}=${address}`, marks);
}

function markFault(address: string, marks: readonly string[]): string {
  const at = marks.findIndex(
    (_, index) => parseTarget([address, ...marks.slice(0, index + 1)].join('+')) === undefined,
  );
  const mark = marks[at] ?? '';
  if (mark === 'tls' && address.includes('=unix:')) return 'a Unix socket needs +tls=NAME';
  if (mark === 'subprotocol=none')
    return "'none' is reserved: /metrics uses it for sessions without a subprotocol";
  return `'+${mark}' has an invalid value, is repeated, or contradicts a mark before it`;
}

function allMarks(): string {
  return [...MARKS.keys()].map((mark) => `+${mark}`).join(', ');
}
