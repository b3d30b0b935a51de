// The script of `/board`: shows the message, as large as it fits, and each later one.
//
//   notice           when
//   none             the events arrive, and the message server can be reached
//   server is lost   the bridge reports that it cannot reach the message server
//   bridge is lost   the events do not arrive; the browser, or this script, connects again

import { fitText, type SizedText } from '../../client/display/textSize.pure.ts';

const SERVER_IS_LOST = 'The message server cannot be reached. This message may be out of date.';
const BRIDGE_IS_LOST = 'The connection is lost. This message may be out of date.';

/** The delay before a request is repeated that was answered with an error. */
const RETRY_MS = 5_000;

const message = requireElement('message');
const notice = requireElement('notice');

let isBridgeLost = false;
let isServerLost = false;

function requireElement(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`no element ${id}`);
  return element;
}

function connect(): void {
  const events = new EventSource('message/events');
  events.addEventListener('open', () => setBridgeLost(false));
  events.addEventListener('message', ({ data }) => show(JSON.parse(data).message));
  events.addEventListener('server', ({ data }) => {
    isServerLost = data === 'lost';
    showNotice();
  });
  events.addEventListener('error', () => {
    setBridgeLost(true);
    // The browser repeats a request by itself, unless it was answered with an error.
    if (events.readyState === EventSource.CLOSED) setTimeout(connect, RETRY_MS);
  });
}

function setBridgeLost(isLost: boolean): void {
  isBridgeLost = isLost;
  // The bridge reports a lost server again, and a found one never.
  if (!isLost) isServerLost = false;
  showNotice();
}

function showNotice(): void {
  const text = isBridgeLost ? BRIDGE_IS_LOST : isServerLost ? SERVER_IS_LOST : '';
  if (notice.textContent !== text) notice.textContent = text;
}

function show(text: string): void {
  message.textContent = text;
  message.hidden = false;
  resize();
}

const sizedText: SizedText = {
  setLong: (isLong) => message.classList.toggle('is-long', isLong),
  setFontPx(fontPx) {
    message.style.fontSize = `${fontPx}px`;
  },
  fits() {
    const { scrollHeight, clientHeight } = document.documentElement;
    return scrollHeight <= clientHeight && message.scrollWidth <= message.clientWidth;
  },
};

function resize(): void {
  fitText(sizedText, Math.min(innerWidth, innerHeight));
}

addEventListener('resize', resize);
connect();
