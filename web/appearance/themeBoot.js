// Gives the page its look before it is first painted, so that nobody who chose one sees another
// flash by: the page's own program comes too late. What it decides is what appearance.pure.ts decides of what
// settings.ts keeps; appearance.test.ts runs it to see that.
{
  let chosen;
  try {
    chosen = JSON.parse(localStorage.getItem('motd.settings') ?? '{}');
  } catch {
    // Blocked, or no JSON: nothing is chosen.
  }
  const isLight = matchMedia('(prefers-color-scheme: light)').matches;
  const isMore = matchMedia('(prefers-contrast: more)').matches;
  const isChosen = ['light', 'dark'].includes(chosen?.theme);
  const { dataset } = document.documentElement;
  dataset.theme = isChosen ? chosen.theme : isLight ? 'light' : 'dark';
  dataset.contrast = isMore || chosen?.contrast === 'more' ? 'more' : 'normal';
}
