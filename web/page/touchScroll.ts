// Scrolls the terminal by touch, which xterm.js 6 does not (its issue 5489).

/** The fraction of its speed that a fling keeps per millisecond. */
const SPEED_KEPT_PER_MS = 0.997;
/** A finger that rested longer than this before it was lifted starts no fling. */
const REST_MS = 50;
/** In pixels per millisecond: a slower fling stops. */
const MIN_SPEED = 0.02;

/**
 * Scrolls when an element is touched.
 *
 * @param scroll Scrolls down by a number of lines, or up if it is negative.
 * @param rowHeight Returns the current height of a row, in CSS pixels.
 */
export function scrollByTouch(
  element: HTMLElement,
  scroll: (lines: number) => void,
  rowHeight: () => number,
): void {
  /** The pixels that are not scrolled yet, because they are less than a row. */
  let remainder = 0;
  let speed = 0;
  let last: { y: number; time: number } | undefined;

  function moveBy(pixels: number): void {
    remainder += pixels;
    const lines = Math.trunc(remainder / rowHeight());
    if (lines === 0) return;
    remainder -= lines * rowHeight();
    scroll(lines);
  }

  function fling(previousFrameAtMs: number): void {
    requestAnimationFrame((frameAtMs) => {
      if (last !== undefined || Math.abs(speed) < MIN_SPEED) return;
      moveBy(speed * (frameAtMs - previousFrameAtMs));
      speed *= SPEED_KEPT_PER_MS ** (frameAtMs - previousFrameAtMs);
      fling(frameAtMs);
    });
  }

  element.addEventListener('touchstart', ({ touches: [touch], timeStamp }) => {
    speed = 0;
    remainder = 0;
    last = touch && { y: touch.clientY, time: timeStamp };
  });
  element.addEventListener('touchmove', ({ touches, timeStamp }) => {
    const [touch] = touches;
    // Two fingers zoom.
    if (touch === undefined || touches.length > 1 || last === undefined) return;
    const distance = last.y - touch.clientY;
    speed = distance / Math.max(1, timeStamp - last.time);
    last = { y: touch.clientY, time: timeStamp };
    moveBy(distance);
  });
  for (const end of ['touchend', 'touchcancel'] as const) {
    element.addEventListener(end, ({ timeStamp }) => {
      if (last === undefined || timeStamp - last.time > REST_MS) speed = 0;
      last = undefined;
      if (!matchMedia('(prefers-reduced-motion: reduce)').matches) fling(performance.now());
    });
  }
}
