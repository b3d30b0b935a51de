// What watches a page from its first moment on: when its terminal shows what.
//
// It runs in the page, where nothing of this module is but the function itself.

export interface Watched {
  /** Settles with the time from navigation to the prompt, in milliseconds. */
  prompt: Promise<number>;
  /**
   * Settles with the time from the last press of a key to its character on the screen, in
   * milliseconds.
   */
  echo: Promise<number>;
  /** Settles once the terminal's text ends with this. */
  untilEndsWith(text: string): Promise<void>;
}

/** What is needed of an xterm.js whose text is not in the DOM: ttyd draws on a canvas. */
interface Canvas {
  rows: number;
  onRender(listener: () => void): unknown;
  buffer: {
    active: {
      viewportY: number;
      getLine(y: number): { translateToString(trimsRight: boolean): string } | undefined;
    };
  };
}

declare global {
  interface Window {
    watched: Watched;
    /** ttyd puts it there. */
    term: Canvas;
  }
}

/**
 * To be run before the page's own scripts.
 *
 * @param prompt What the screen shows once a command may be typed.
 */
export function watch(prompt: string): void {
  /** A screen without what is awaited by then is a failure, not a slow one. */
  const patienceMs = 20_000;
  const awaited = new Map<(screen: string) => boolean, (drawnAtMs: number) => void>();
  let canvas: Canvas | undefined;

  new MutationObserver(onDrawn).observe(document, {
    childList: true,
    characterData: true,
    subtree: true,
  });
  Object.defineProperty(window, 'term', {
    get: () => canvas,
    set(term: Canvas) {
      canvas = term;
      term.onRender(onDrawn);
    },
  });
  addEventListener(
    'keydown',
    ({ key, timeStamp }) => {
      window.watched.echo = drawn((screen) => screen.endsWith(key)).then((at) => at - timeStamp);
    },
    { capture: true },
  );
  window.watched = {
    prompt: drawn((screen) => screen.includes(prompt)),
    echo: Promise.reject(new Error('no key was pressed')),
    async untilEndsWith(text) {
      if (!shown().endsWith(text)) await drawn((screen) => screen.endsWith(text));
    },
  };
  window.watched.echo.catch(() => {});

  function onDrawn(): void {
    const drawnAtMs = performance.now();
    if (awaited.size === 0) return;
    const screen = shown();
    for (const [isThere, tell] of awaited) if (isThere(screen)) tell(drawnAtMs);
  }

  function drawn(isThere: (screen: string) => boolean): Promise<number> {
    return new Promise((resolve, reject) => {
      const fail = () => {
        awaited.delete(isThere);
        reject(new Error(`the terminal shows only: ${shown()}`));
      };
      const timer = setTimeout(fail, patienceMs);
      awaited.set(isThere, (drawnAtMs) => {
        clearTimeout(timer);
        awaited.delete(isThere);
        resolve(drawnAtMs);
      });
    });
  }

  /** The rows one after the other, up to the last character that can be seen. */
  function shown(): string {
    const rows = canvas === undefined ? rowsInDom() : rowsOnCanvas(canvas);
    return rows.join('').replaceAll('\u00a0', ' ').trimEnd();
  }

  function rowsInDom(): (string | null)[] {
    return [...document.querySelectorAll('.xterm-rows > div')].map((row) => row.textContent);
  }

  function rowsOnCanvas({ rows, buffer: { active } }: Canvas): (string | undefined)[] {
    const line = (_: unknown, row: number) => active.getLine(active.viewportY + row);
    return Array.from({ length: rows }, line).map((one) => one?.translateToString(false));
  }
}
