// The targets that were used last, most recent first, as this browser remembers them.

const KEY = 'motd.recentTargets';
const MAX_TARGETS = 5;

/** @returns Their names; none if the browser stores nothing. */
export function recentTargets(): string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(stored) ? stored.filter((name) => typeof name === 'string') : [];
  } catch {
    return [];
  }
}

export function rememberTarget(name: string): void {
  const names = [name, ...recentTargets().filter((one) => one !== name)];
  try {
    localStorage.setItem(KEY, JSON.stringify(names.slice(0, MAX_TARGETS)));
  } catch {
    // Full or blocked: it is not remembered.
  }
}
