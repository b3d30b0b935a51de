// Keeps the page above a touch keyboard.

/**
 * Safari does not shrink the layout viewport. If the window is lower than the page, the field stays
 * in view: while it has the focus, the end of the terminal is above it.
 */
export function fitAboveTouchKeyboard(): void {
  const { visualViewport } = window;
  visualViewport?.addEventListener('resize', () => {
    // Zooming in changes the height, too: keep the layout then.
    const isZoomed = visualViewport.scale !== 1;
    document.body.style.height = isZoomed ? '' : `${visualViewport.height}px`;
    if (!isZoomed) document.querySelector('#field:focus-within')?.scrollIntoView(false);
  });
}
