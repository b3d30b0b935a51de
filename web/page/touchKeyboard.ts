/** Keeps the page above a touch keyboard in Safari, which does not shrink the layout viewport. */
export function fitAboveTouchKeyboard(): void {
  const { visualViewport } = window;
  visualViewport?.addEventListener('resize', () => {
    // Zooming in changes the height, too: keep the layout then.
    const height = visualViewport.scale === 1 ? `${visualViewport.height}px` : '';
    document.body.style.height = height;
  });
}
