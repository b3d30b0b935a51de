// Applies random events to the page: keys, replies, buttons, lost connections.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { asksForCommand } from '../../client/dialogue/conversation.ts';
import { quickOrFull } from '../../testing/scale.ts';
import type { FakePage } from './pageConversation.harness.ts';
import { Scene, SECRET } from './pageConversationScene.harness.ts';
import { MESSAGE_CHANGED } from './replaceable.pure.ts';

const SEQUENCES = quickOrFull(1000, 30_000);
const CTRL_C = '\x03';
const CTRL_D = '\x04';
const COMMANDS = ['MSGGET', 'MSGSTORE', 'MSGPLAN', 'SHUTDOWN', 'FOO'];
/** Keys that neither end a line nor type text. */
const EDITING_KEYS = ['\x1b[A', '\x1b[B', '\x1b[D', '\x01', '\x7f', '\x15', '\x17', '\x19', '\x12'];

type Act =
  | { does: 'open' | 'reply' | 'enter' | 'interrupt' | 'endSession' }
  | { does: 'lose'; wasStable: boolean }
  | { does: 'typeText'; text: string }
  | { does: 'typeSecret' }
  /** Begins another password right after a wrong one, where a command is expected. */
  | { does: 'retrySecret' }
  | { does: 'edit'; key: string }
  /** Another client stores a message. */
  | { does: 'change'; message: string }
  /** Types SHUTDOWN and Enter, and goes on with the password without looking. */
  | { does: 'shutDownBlindly' }
  /** Presses a button that leads to a password prompt, and waits for it. */
  | { does: 'askPassword'; command: string }
  | { does: 'press'; command: string };

const connectionActs = fc.oneof(
  fc.constant<Act>({ does: 'open' }),
  fc.constant<Act>({ does: 'reply' }),
  fc.record({ does: fc.constant('lose' as const), wasStable: fc.boolean() }),
);
const press = fc.record({
  does: fc.constant('press' as const),
  command: fc.constantFrom('MSGGET', 'MSGSTORE', 'MSGPLAN', 'SHUTDOWN'),
});
const options = fc.record({ isStoreGuarded: fc.boolean(), masksPasswords: fc.boolean() });

test('never sends a password to anything but a password prompt, nor keeps it', () => {
  const acts = fc.array(
    fc.oneof(
      { weight: 3, arbitrary: connectionActs },
      {
        weight: 3,
        arbitrary: fc.record({
          does: fc.constant('typeText' as const),
          text: fc.constantFrom('x', ...COMMANDS),
        }),
      },
      { weight: 3, arbitrary: fc.constant<Act>({ does: 'enter' }) },
      { weight: 6, arbitrary: fc.constant<Act>({ does: 'typeSecret' }) },
      { weight: 6, arbitrary: fc.constant<Act>({ does: 'retrySecret' }) },
      {
        weight: 3,
        arbitrary: fc.record({
          does: fc.constant('askPassword' as const),
          command: fc.constantFrom('MSGSTORE', 'SHUTDOWN'),
        }),
      },
      fc.constant<Act>({ does: 'interrupt' }),
      fc.constant<Act>({ does: 'endSession' }),
      fc.constant<Act>({ does: 'shutDownBlindly' }),
      fc.record({
        does: fc.constant('edit' as const),
        key: fc.constantFrom(...EDITING_KEYS),
      }),
      press,
    ),
    { maxLength: 60, size: 'max' },
  );
  fc.assert(
    fc.property(options, acts, (sceneOptions, sequence) => {
      const scene = new Scene(sceneOptions);
      for (const act of sequence) performCarelessly(scene, act);
      expect(scene.peer.leaks).toEqual([]);
      expect(scene.page.history.lines.join()).not.toContain(SECRET);
      expect(scene.page.announced.join()).not.toContain(SECRET);
    }),
    { numRuns: SEQUENCES },
  );
});

/** The user types a password where the screen asks for one, and goes on to its end. */
function performCarelessly(scene: Scene, act: Act): void {
  switch (act.does) {
    case 'typeText':
      if (scene.typing === 'password') return;
      scene.typing = 'text';
      scene.type(act.text);
      break;
    case 'typeSecret':
      if (scene.typing === 'nothing' && scene.isPasswordPrompt) scene.typing = 'password';
      if (scene.typing === 'password') scene.type(SECRET);
      break;
    case 'retrySecret':
      if (scene.typing !== 'nothing' || scene.page.conversation.promptKind !== 'retry') return;
      scene.typing = 'password';
      scene.type(SECRET);
      break;
    case 'shutDownBlindly': {
      const asksForCommand = scene.page.line?.endsWith('SHUTDOWN): |') || scene.page.line === '|';
      if (scene.typing !== 'nothing' || !asksForCommand) return;
      scene.type('SHUTDOWN');
      scene.type('\r');
      scene.typing = 'password';
      break;
    }
    case 'askPassword':
      endLine(scene, { does: 'press', command: act.command });
      scene.reply();
      break;
    case 'edit':
      scene.type(act.key);
      break;
    default:
      endLine(scene, act);
  }
}

test('never loses a line that is being typed', () => {
  const acts = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: connectionActs },
      {
        weight: 3,
        arbitrary: fc.record({
          does: fc.constant('typeText' as const),
          text: fc.constantFrom('x', 'y', 'z'),
        }),
      },
      { weight: 2, arbitrary: fc.constant<Act>({ does: 'enter' }) },
      fc.constant<Act>({ does: 'interrupt' }),
      fc.constant<Act>({ does: 'endSession' }),
      fc.record({ does: fc.constant('change' as const), message: fc.constantFrom('a', 'b') }),
      press,
    ),
    { maxLength: 60, size: 'max' },
  );
  fc.assert(
    fc.property(options, acts, (sceneOptions, sequence) => {
      const scene = new Scene(sceneOptions);
      for (const act of sequence) performCarefully(scene, act);
      returnToPrompt(scene);
      expect(scene.page.line).toContain(`${scene.draft}|`);
    }),
    { numRuns: SEQUENCES },
  );
});

/** The user types at prompts that are not secret, and while there is no connection. */
function performCarefully(scene: Scene, act: Act): void {
  if (act.does === 'typeText') {
    if (scene.isPasswordPrompt || scene.isWaiting) return;
    if (scene.page.line?.startsWith('The password was not sent')) return;
    scene.draft += act.text;
    scene.type(act.text);
    return;
  }
  if (act.does === 'enter' || act.does === 'interrupt') {
    if (scene.isWaiting) return;
    // At the end of a password, and of one that is discarded, there is no other line.
    const keepsDraft =
      scene.isPasswordPrompt ||
      scene.page.line?.startsWith('The password was not sent') ||
      (!scene.isOpen && act.does === 'enter');
    const { draft } = scene;
    const questions = questionsOn(scene.page);
    if (!keepsDraft) scene.draft = '';
    endLine(scene, act);
    if (questionsOn(scene.page) > questions) scene.draft = draft;
    return;
  }
  endLine(scene, act);
}

/** How many times the page has asked whether to replace a message. */
function questionsOn(page: FakePage): number {
  return page.printed.filter((line) => line === MESSAGE_CHANGED).length;
}

function endLine(scene: Scene, act: Act): void {
  switch (act.does) {
    case 'open':
      scene.open();
      break;
    case 'reply':
      scene.reply();
      break;
    case 'lose':
      scene.lose(act.wasStable);
      break;
    case 'enter':
      scene.typing = 'nothing';
      scene.type('\r');
      break;
    case 'interrupt':
      scene.typing = 'nothing';
      scene.type(CTRL_C);
      break;
    case 'endSession': {
      const { isOpen, page } = scene;
      const sentBefore = page.sent.length;
      scene.type(CTRL_D);
      // It has sent QUIT, or canceled the prompt; on a line that is not empty, it does nothing.
      const hasSentQuit = page.sent.length > sentBefore;
      if (hasSentQuit || (isOpen && !scene.isOpen)) scene.typing = 'nothing';
      break;
    }
    case 'change':
      scene.page.message = act.message;
      break;
    case 'press':
      if (asksForCommand(scene.page.conversation.promptKind)) scene.typing = 'nothing';
      scene.press(act.command);
      break;
  }
}

/** Ends what is being discarded, connects, and answers the password prompts on the way. */
function returnToPrompt(scene: Scene): void {
  for (let steps = 0; steps < 20; steps++) {
    if (scene.page.line?.startsWith('The password was not sent')) scene.type('\r');
    if (!scene.isOpen) scene.open();
    if (scene.isWaiting) scene.reply();
    else if (scene.isPasswordPrompt) scene.type('pass\r');
  }
}
