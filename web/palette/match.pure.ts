// The filter of the palette: which entries match what is typed, and in which order.

export interface Matchable {
  /** The heading under which it stands. */
  readonly group: string;
  readonly label: string;
  /** What it does, in words. */
  readonly detail?: string | undefined;
}

export interface Group<Entry> {
  readonly title: string;
  readonly entries: readonly Entry[];
}

/** How well a word matches an entry: the lower, the better. */
const RANKS = { startOfLabel: 0, startOfWord: 1, insideLabel: 2, elsewhere: 3 };

/** Words start after anything but a letter and a digit, and after the prefix of the commands. */
const BETWEEN_WORDS = /[^\p{L}\p{N}]+|(?<=^msg)/u;

/**
 * @param query Words in any order and in any case; each has to occur in an entry.
 * @returns The best group first, and in each the best entry first; otherwise, in the order given.
 */
export function filterEntries<Entry extends Matchable>(
  query: string,
  entries: readonly Entry[],
): Group<Entry>[] {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const ranked = entries.map((entry) => ({ entry, rank: rankOf(entry, words) }));
  const groups = new Map<string, Entry[]>();
  // The sort is stable.
  for (const { entry, rank } of ranked.toSorted((one, other) => one.rank - other.rank)) {
    if (rank === Number.POSITIVE_INFINITY) continue;
    const group = groups.get(entry.group);
    if (group === undefined) groups.set(entry.group, [entry]);
    else group.push(entry);
  }
  return Array.from(groups, ([title, found]) => ({ title, entries: found }));
}

/** @returns Infinity if a word occurs nowhere. */
function rankOf({ group, label, detail = '' }: Matchable, words: readonly string[]): number {
  const text = label.toLowerCase();
  const others = `${group} ${detail}`.toLowerCase();
  return words.reduce((sum, word) => sum + rankOfWord(word, text, others), 0);
}

function rankOfWord(word: string, label: string, others: string): number {
  if (label.startsWith(word)) return RANKS.startOfLabel;
  if (label.split(BETWEEN_WORDS).some((part) => part.startsWith(word))) return RANKS.startOfWord;
  if (label.includes(word)) return RANKS.insideLabel;
  return others.includes(word) ? RANKS.elsewhere : Number.POSITIVE_INFINITY;
}
