// What the palette offers at the moment it is opened.

import { isNotifying, setNotifying } from '../settings/notifySetting.ts';
import {
  type Choice,
  HIDE_PASSWORDS,
  INPUT,
  MORE_CONTRAST,
  NOTIFY,
  THEME,
} from '../settings/settingChoices.ts';
import { validSettings } from '../settings/settingValues.pure.ts';
import { terminalFontSize } from '../settings/terminalFontSize.ts';
import type { UserSettings } from '../settings/userSettings.ts';
import { type ListedTarget, pageOf } from '../targets/listedTarget.ts';
import { COMMAND_KEY } from '../ui/keys.ts';
import type { Matchable } from './match.pure.ts';

export interface PaletteEntry extends Matchable {
  /** In the form of ui/keys.ts. */
  readonly keys?: string;
  /** Whether the setting has this value. */
  readonly isChosen?: boolean;
  run(): void;
}

export interface PaletteDependencies {
  /** The commands that the prompt takes, each with its meaning; none if it takes no command. */
  commands(): readonly (readonly [command: string, meaning: string])[];
  /** Sends a command, or puts it on the line if it has arguments. */
  chooseCommand(command: string): void;
  hasSelection(): boolean;
  /** Copies the selection, or everything if nothing is selected. */
  copy(): void;
  /** Downloads the transcript. */
  download(): void;
  /** Clears the screen. */
  clear(): void;
  settings: UserSettings;
  /** `undefined` if the target has no messages to notify of. */
  askPermission: (() => Promise<unknown>) | undefined;
  user: string | undefined;
}

export function paletteEntries(
  deps: PaletteDependencies,
  targets: readonly ListedTarget[],
): PaletteEntry[] {
  return [
    ...toolEntries(deps),
    ...commandEntries(deps),
    ...settingEntries(deps),
    ...targetEntries(targets),
    ...logoutEntry(deps),
  ];
}

function commandEntries({ commands, chooseCommand }: PaletteDependencies): PaletteEntry[] {
  return commands().map(([label, detail]) => ({
    group: 'Commands',
    label: label.endsWith(' ') ? `${label}…` : label,
    detail,
    run: () => chooseCommand(label),
  }));
}

function toolEntries(deps: PaletteDependencies): PaletteEntry[] {
  const group = 'Tools';
  return [
    ...pressing(group, '#find-button', 'Search the terminal', `[${COMMAND_KEY}-F]`),
    {
      group,
      label: deps.hasSelection() ? 'Copy the selection' : 'Copy everything',
      keys: '[Ctrl-Shift-C]',
      run: deps.copy,
    },
    { group, label: 'Download the transcript', run: deps.download },
    { group, label: 'Clear the screen', keys: '[Ctrl-L]', run: deps.clear },
    ...pressing(group, '#history-button', 'Message history'),
    ...pressing(group, '#plan-button', 'Plan a message'),
    ...pressing(group, '#board-button', 'Full screen'),
    ...pressing(group, '#settings-button', 'Settings'),
    ...pressing(group, '#help-button', 'Help', '[F1]'),
  ];
}

/** An entry for a button of the page, unless it is of no use for the target. */
function pressing(group: string, selector: string, label: string, keys = ''): PaletteEntry[] {
  const button = document.querySelector<HTMLElement>(selector);
  // Other buttons are only out of sight: a narrow header has no room for them all.
  if (button === null || button.closest('[data-state="none"]') !== null) return [];
  return [{ group, label, keys, run: () => button.click() }];
}

function settingEntries({ settings, askPermission }: PaletteDependencies): PaletteEntry[] {
  const group = 'Settings';
  const isMore = settings.get('contrast') === 'more';
  const isHidden = settings.get('maskPassword');
  const resize = (by: number) => () => settings.set('fontSize', terminalFontSize(settings) + by);
  return [
    ...choiceEntries(THEME, settings),
    {
      group,
      label: MORE_CONTRAST,
      isChosen: isMore,
      run: () => settings.set('contrast', isMore ? 'system' : 'more'),
    },
    { group, label: 'Larger text', run: resize(1) },
    { group, label: 'Smaller text', run: resize(-1) },
    ...choiceEntries(INPUT, settings),
    {
      group,
      label: HIDE_PASSWORDS,
      isChosen: isHidden,
      run: () => settings.set('maskPassword', !isHidden),
    },
    ...(askPermission === undefined ? [] : [notifyEntry(settings, askPermission)]),
  ];
}

function notifyEntry(settings: UserSettings, askPermission: () => Promise<unknown>): PaletteEntry {
  return {
    group: 'Settings',
    label: NOTIFY,
    isChosen: isNotifying(settings),
    run: () => void setNotifying(settings, !isNotifying(settings), askPermission),
  };
}

function choiceEntries({ key, label, options }: Choice, settings: UserSettings): PaletteEntry[] {
  return options.map(([value, name]) => ({
    group: 'Settings',
    label: `${label}: ${name}`,
    isChosen: settings.get(key) === value,
    run: () => settings.set(key, validSettings({ [key]: value })[key]),
  }));
}

function targetEntries(targets: readonly ListedTarget[]): PaletteEntry[] {
  if (targets.length < 2) return [];
  return targets.map((target) => ({
    group: 'Targets',
    label: target.title ?? target.name,
    detail: target.title === undefined ? undefined : target.name,
    run: () => location.assign(pageOf(target)),
  }));
}

function logoutEntry({ user }: PaletteDependencies): PaletteEntry[] {
  if (user === undefined) return [];
  return [{ group: 'Session', label: 'Log out', run: () => location.assign('logout') }];
}
