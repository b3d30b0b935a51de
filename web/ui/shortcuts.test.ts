import { expect, test } from 'vitest';
import { type Shortcut, type ShortcutContext, shortcutFor } from './shortcuts.ts';

const CONTEXT: ShortcutContext = {
  hasSelection: false,
  isLineEmpty: false,
  hasTextAfterCursor: false,
  isCommandPrompt: true,
};

/** Parses a key name such as `Ctrl-Shift-C`. */
function press(name: string) {
  const held = name.split('-').slice(0, -1);
  return {
    key: name.split('-').at(-1) ?? '',
    ctrlKey: held.includes('Ctrl'),
    altKey: held.includes('Alt'),
    shiftKey: held.includes('Shift'),
    metaKey: held.includes('Cmd'),
  };
}

test.each<[string, Shortcut, Partial<ShortcutContext>?]>([
  ['a', 'terminal'],
  ['Enter', 'terminal'],
  ['ArrowLeft', 'terminal'],
  ['Ctrl-ArrowLeft', 'terminal'],
  ['Ctrl-a', 'terminal'],
  ['Ctrl-r', 'terminal'],
  ['Alt-b', 'terminal'],
  // AltGr on Windows.
  ['Ctrl-Alt-q', 'terminal'],
  ['Ctrl-c', 'terminal'],
  ['Ctrl-c', 'copy', { hasSelection: true }],
  ['Ctrl-Shift-C', 'copy'],
  ['Ctrl-v', 'browser'],
  ['Ctrl-Shift-V', 'browser'],
  ['Cmd-c', 'browser'],
  ['Cmd-v', 'browser'],
  ['Ctrl-f', 'find'],
  ['Cmd-f', 'find'],
  ['Ctrl-k', 'palette'],
  ['Ctrl-k', 'terminal', { hasTextAfterCursor: true }],
  ['Cmd-k', 'palette', { hasTextAfterCursor: true }],
  ['Ctrl-s', 'browser'],
  ['Ctrl-+', 'browser'],
  ['Ctrl-0', 'browser'],
  ['Ctrl-Shift-R', 'browser'],
  ['F5', 'browser'],
  ['F1', 'help'],
  ['?', 'terminal'],
  ['?', 'help', { isLineEmpty: true }],
  ['?', 'terminal', { isLineEmpty: true, isCommandPrompt: false }],
  ['Tab', 'terminal'],
  ['Tab', 'browser', { isLineEmpty: true }],
  ['Shift-Tab', 'browser'],
  ['PageUp', 'pageUp'],
  ['PageDown', 'pageDown'],
])('maps %s to %s (%o)', (name, shortcut, context = {}) => {
  expect(shortcutFor(press(name), { ...CONTEXT, ...context })).toBe(shortcut);
});
