// Scales the amount of work of a test: little in `npm test`, more in `npm run test:full`, most in
// `npm run test:soak`.

/** Set by `npm test`; every other run does everything. */
export const isQuick = process.env['MOTD_TESTS'] === 'quick';

const isSoak = process.env['MOTD_SOAK'] !== undefined;

/** The usual number of repetitions, or the larger one of a soak. Also for lists of cases. */
export function scaled<Amount>(usual: Amount, soak: Amount): Amount {
  return isSoak ? soak : usual;
}

/** For work that takes too long in `npm test`: the small number there, the full one elsewhere. */
export function quickOrFull(quick: number, full: number): number {
  return isQuick ? quick : full;
}
