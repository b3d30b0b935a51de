/** The shells that have a completion. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** The names under which each shell finds the file of a completion. */
export const COMPLETION_FILES: Readonly<Record<Shell, string>> = {
  bash: 'motd',
  zsh: '_motd',
  fish: 'motd.fish',
};
