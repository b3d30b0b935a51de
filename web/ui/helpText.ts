// The text of the help. Keys stand in brackets (keys.ts).

import type { Command } from '../../protocol/commands.ts';
import { COMMAND_KEY } from './keys.ts';
import { IS_MAC } from './platform.ts';

export interface HelpTable {
  caption: string;
  rows: readonly (readonly [what: string, meaning: string])[];
}

const COMMANDS: Readonly<Record<Command, string>> = {
  MSGGET: 'shows the message',
  MSGSTORE: 'stores the next line as the new message; a command there is rejected',
  MSGREPLACE: 'the same, if the message with the number that you type first is still in force',
  MSGHIST: 'shows the earlier messages',
  MSGWATCH: 'shows each new message, until you type',
  MSGINFO: 'shows the message with its number, times and author',
  MSGLIST: 'shows all messages in that form',
  MSGPLAN: 'plans a message; the next line has its times and its text',
  MSGPLANS: 'shows the planned messages',
  MSGCANCEL: 'cancels a planned message; asks for its number',
  QUIT: 'ends the session',
  SHUTDOWN: 'stops the server; asks for its password',
};

/** The message server's commands. */
export const COMMAND_HELP: HelpTable = { caption: 'Commands', rows: Object.entries(COMMANDS) };

/** On a Mac, Cmd-K opens it whatever is after the cursor. */
const PALETTE =
  'opens “More”: everything that the page can do, to search as you type' +
  (COMMAND_KEY === 'Ctrl' ? '; with text after the cursor, deletes that' : '');

/** On a Mac, Alt with a letter types a character. */
const WORD_KEYS = IS_MAC
  ? { move: '[Alt-←] [Alt-→]', delete: '[Alt-Backspace] [Alt-Delete]' }
  : { move: '[Ctrl-←] [Ctrl-→] or [Alt-B] [Alt-F]', delete: '[Alt-Backspace] [Alt-D]' };

export const TOUCH_HELP: HelpTable = {
  caption: 'On a touch screen',
  rows: [
    ['Field', 'type a line here; the arrow beside it sends the line'],
    ['Buttons above it', 'each sends its command; “Cancel” leaves a prompt for the rest of one'],
    ['⋯ in the header', 'opens everything that the page can do'],
    ['Drag, flick', 'scrolls the terminal'],
    ['Two fingers', 'zoom'],
    ['Tap beside a dialog', 'closes it'],
  ],
};

export const KEY_HELP: readonly HelpTable[] = [
  {
    caption: 'Move the cursor',
    rows: [
      ['[←] [→]', 'one character'],
      [WORD_KEYS.move, 'one word'],
      ['[Home] [End] or [Ctrl-A] [Ctrl-E]', 'to the start or the end of the line'],
    ],
  },
  {
    caption: 'Delete',
    rows: [
      ['[Backspace] [Delete]', 'the character before or after the cursor'],
      [WORD_KEYS.delete, 'the word before or after the cursor'],
      ['[Ctrl-U] [Ctrl-K]', 'everything before or after the cursor'],
      ['[Ctrl-Y]', 'inserts the deleted text again'],
      [
        '[Ctrl-C]',
        'discards the line, and cancels the command that asked for it; copies if text is selected',
      ],
      [
        '[Ctrl-D]',
        'the character after the cursor; on an empty line, cancels the command, or ends the session',
      ],
    ],
  },
  {
    caption: 'History and terminal',
    rows: [
      ['[↑] [↓]', 'previous and next line you typed'],
      ['[Ctrl-R]', 'searches the lines you typed'],
      ['[Tab]', 'completes a command'],
      ['[Ctrl-F]', 'searches the terminal'],
      ['[Ctrl-L]', 'clears the terminal'],
      ['[PageUp] [PageDown]', 'scrolls the terminal'],
    ],
  },
  {
    caption: 'Focus and help',
    rows: [
      [`[${COMMAND_KEY}-K]`, PALETTE],
      ['[Shift-Tab] or [Tab]', 'leaves the terminal; [Tab] on an empty line only'],
      ['any letter', 'returns to the line, from everywhere but a field'],
      ['[F1] or [?]', 'opens this help; [?] on an empty line only'],
      ['[Escape]', 'closes a dialog, a panel or the search'],
    ],
  },
];

export const HELP_NOTE =
  'In the field below the terminal, the browser’s own keys edit the line; [↑] [↓], [Ctrl-F] and ' +
  '[F1] work as above. A line that starts with a space is not saved in the history.';
