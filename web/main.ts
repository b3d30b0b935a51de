// The page: the dialogue (client/dialogue.ts) between a person at the screen and a server behind
// the bridge. Nothing else happens here: the screen draws, the editor edits, the connection carries.

import type { Asked, Effect, Ending } from '../client/conversation.ts';
import { Dialogue } from '../client/dialogue.ts';
import { Connection } from './connection.ts';
import { LineEditor } from './lineEditor.ts';
import { Screen } from './screen.ts';
import { Status } from './status.ts';

/** What the page says once a conversation is over. A lost one has already said why. */
const WHAT_NOW: Record<Ending, string> = {
  quit: '[session ended; press Enter for another]',
  shutDown: '[the server was shut down; once it is started again, press Enter]',
  lost: '[press Enter to reconnect]',
};

const screen = new Screen(element('terminal'), onInput);
const status = new Status(element('status'), element('reconnect'), converse);
const editor = new LineEditor();
let dialogue = new Dialogue();
let connection: Connection;
let asked: Asked | undefined;
/** A command half typed when the connection was lost: it stands at the next prompt. */
let draft = '';
let isOver = false;

screen.focus();
converse();

/** Holds a new conversation, over a new connection. */
function converse(): void {
  isOver = false;
  status.show('connecting');
  editor.type(draft);
  const held = new Dialogue();
  dialogue = held;
  connection = new Connection({
    opened() {
      status.show('connected');
      perform(held.start());
    },
    received: (text) => perform(held.received(text)),
    closed: (reason) => perform(held.closed(reason)),
  });
  screen.focus();
}

function onInput(data: string): void {
  if (isOver) {
    if (data.includes('\r')) converse();
    return;
  }
  editor.type(data);
  if (asked !== undefined) screen.showTyped(editor.text);
  answer();
}

/** Answers what is asked with the lines that were ended, for as long as there are both. */
function answer(): void {
  while (asked !== undefined) {
    const line = editor.takeLine();
    if (line === undefined) return;
    asked = undefined;
    screen.endTyped(line);
    for (const effect of dialogue.typed(line)) performOne(effect);
  }
}

function perform(effects: Effect[]): void {
  for (const effect of effects) performOne(effect);
  answer();
}

function performOne(effect: Effect): void {
  switch (effect.do) {
    case 'print':
      screen.print(effect.line, effect.speaker);
      break;
    case 'ask':
      asked = effect.for;
      draft = '';
      screen.ask(effect.prompt, editor.text);
      break;
    case 'stopAsking':
      if (asked === 'command') draft = editor.text;
      asked = undefined;
      screen.endTyped(editor.text);
      break;
    case 'send':
      connection.send(effect.text);
      break;
    case 'end':
      isOver = true;
      // What was typed ahead was meant for this conversation: in another it could be a password
      // where a command is asked for.
      editor.clear();
      status.show('closed');
      screen.print(WHAT_NOW[effect.ending], 'note');
      break;
    default:
      effect satisfies never;
  }
}

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`index.html has no #${id}`);
  return found;
}
