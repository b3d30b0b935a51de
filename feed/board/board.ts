// The script of `/board`: shows the message, as large as it fits, and each later one.
//
//   notice           when
//   none             the events arrive, and the message server can be reached
//   server is lost   the bridge reports that it cannot reach the message server
//   bridge is lost   the events do not arrive; the browser, or this script, connects again

const SERVER_IS_LOST = 'The message server cannot be reached. This message may be out of date.';
const BRIDGE_IS_LOST = 'The connection is lost. This message may be out of date.';

/** The delay before a request is repeated that was answered with an error. */
const RETRY_MS = 5_000;

/** The largest text, as a part of the shorter side of the window: a word on a wall. */
const MAX_FONT_SHARE = 0.25;

/** A text that would be smaller is set as a long one, whose words may be broken. */
const MIN_SHORT_FONT_SHARE = 0.06;

/** The smallest text, in CSS pixels. A message that does not fit then is scrolled. */
const MIN_FONT_PX = 16;

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
  fitText();
}

/** Makes the text as large as it fits into the window. */
function fitText(): void {
  const shorterSide = Math.min(innerWidth, innerHeight);
  const maxPx = Math.max(MIN_FONT_PX, Math.floor(shorterSide * MAX_FONT_SHARE));
  message.classList.remove('is-long');
  if (fitUpTo(maxPx) >= shorterSide * MIN_SHORT_FONT_SHARE) return;
  message.classList.add('is-long');
  fitUpTo(maxPx);
}

/** @returns The size that was set, in CSS pixels. */
function fitUpTo(maxPx: number): number {
  let fitting = MIN_FONT_PX;
  let tooLarge = maxPx + 1;
  while (tooLarge - fitting > 1) {
    const middle = Math.floor((fitting + tooLarge) / 2);
    if (fits(middle)) fitting = middle;
    else tooLarge = middle;
  }
  message.style.fontSize = `${fitting}px`;
  return fitting;
}

function fits(fontPx: number): boolean {
  message.style.fontSize = `${fontPx}px`;
  const { scrollHeight, clientHeight } = document.documentElement;
  return scrollHeight <= clientHeight && message.scrollWidth <= message.clientWidth;
}

addEventListener('resize', fitText);
connect();
