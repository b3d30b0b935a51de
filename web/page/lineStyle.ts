// How the lines of the transcript look: SGR (ECMA-48, section 8.3.117). The text itself names the
// speaker and the outcome; the style is only an aid.

import type { Speaker } from '../../client/dialogue/conversation.ts';
import type { ReplyClass } from '../../protocol/replies.ts';
import { FAILURE, marked } from '../editor/marks.ts';
import { ROW_END } from '../editor/wrapWords.ts';

const SPEAKER_STYLE: Record<Speaker, string> = {
  client: '\x1b[90m',
  server: '',
  message: '\x1b[1;32m',
  note: '\x1b[33m',
};

const REPLY_STYLE: Record<ReplyClass, string> = {
  success: '\x1b[90m',
  question: '\x1b[1;33m',
  failure: `${marked(FAILURE)}\x1b[1;31m`,
};

const PLAIN = '\x1b[0m';

/** @returns The rows of a line, with the cursor below them. */
export function styled(rows: readonly string[], speaker: Speaker, reply?: ReplyClass): string {
  const style = reply === undefined ? SPEAKER_STYLE[speaker] : REPLY_STYLE[reply];
  return `${style}${rows.join(ROW_END)}${PLAIN}\r\n`;
}
