// Scrolls the terminal by touch: xterm.js 6 does not (its issue 5489).

/** What a flick keeps of its speed in a millisecond. */
const FRICTION = 0.997;
/** A finger that has not moved for so long does not throw. */
const REST_MS = 50;
/** In pixels a millisecond: what is slower stands still. */
const STANDSTILL = 0.02;

/**
 * Turns touches of an element into lines to scroll by.
 *
 * @param scroll Scrolls so many lines down, or up where they are negative.
 * @param rowHeight In CSS pixels, now.
 */
export function scrollByTouch(
  element: HTMLElement,
  scroll: (lines: number) => void,
  rowHeight: () => number,
): void {
  /** What is left of the way, less than a row. */
  let rest = 0;
  let speed = 0;
  let last: { y: number; time: number } | undefined;

  function moveBy(pixels: number): void {
    rest += pixels;
    const lines = Math.trunc(rest / rowHeight());
    if (lines === 0) return;
    rest -= lines * rowHeight();
    scroll(lines);
  }

  function glide(before: number): void {
    requestAnimationFrame((now) => {
      if (last !== undefined || Math.abs(speed) < STANDSTILL) return;
      moveBy(speed * (now - before));
      speed *= FRICTION ** (now - before);
      glide(now);
    });
  }

  element.addEventListener('touchstart', ({ touches: [touch], timeStamp }) => {
    speed = 0;
    rest = 0;
    last = touch && { y: touch.clientY, time: timeStamp };
  });
  element.addEventListener('touchmove', ({ touches, timeStamp }) => {
    const [touch] = touches;
    // Two fingers zoom.
    if (touch === undefined || touches.length > 1 || last === undefined) return;
    const way = last.y - touch.clientY;
    speed = way / Math.max(1, timeStamp - last.time);
    last = { y: touch.clientY, time: timeStamp };
    moveBy(way);
  });
  for (const end of ['touchend', 'touchcancel'] as const) {
    element.addEventListener(end, ({ timeStamp }) => {
      if (last === undefined || timeStamp - last.time > REST_MS) speed = 0;
      last = undefined;
      if (!matchMedia('(prefers-reduced-motion: reduce)').matches) glide(performance.now());
    });
  }
}
