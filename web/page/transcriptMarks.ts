// Draws the marks of the transcript (web/editor/marks.ts) beside and between its rows: where an
// exchange begins, and which reply reports a failure. The text stays as it is. xterm.js removes a
// mark with its row, which bounds their number.

import type { IMarker, Terminal } from '@xterm/xterm';
import { ANSWERED, EXCHANGE, FAILURE, MARKS } from '../editor/marks.ts';

export type MarkName = 'exchange' | 'failure';

interface MarkableTerminal extends Pick<Terminal, 'parser'> {
  registerMarker(offset: number): IMarker | undefined;
}

/** @param draw Draws a mark, until its marker is disposed. */
export function trackMarks(
  terminal: MarkableTerminal,
  draw: (name: MarkName, marker: IMarker) => void,
): void {
  /** The mark of the line being typed. */
  let unanswered: IMarker | undefined;
  const mark = (name: MarkName) => {
    const marker = terminal.registerMarker(0);
    // Nothing is above the first row.
    if (marker && (name === 'failure' || marker.line > 0)) draw(name, marker);
    return marker;
  };
  terminal.parser.registerOscHandler(MARKS, (data) => {
    if (data === FAILURE) mark('failure');
    if (data === EXCHANGE) unanswered = mark('exchange');
    if (data === ANSWERED) unanswered = undefined;
    return true;
  });
  // ED erases the line being typed; xterm.js would keep the mark on its first row.
  terminal.parser.registerCsiHandler({ final: 'J' }, () => {
    unanswered?.dispose();
    unanswered = undefined;
    return false;
  });
}

/** The style sheet draws a mark by its name (terminal.css). */
export function showMarks(terminal: Terminal): void {
  trackMarks(terminal, (name, marker) => {
    const decoration = terminal.registerDecoration({ marker });
    decoration?.onRender((element) => element.classList.add(name));
  });
}
