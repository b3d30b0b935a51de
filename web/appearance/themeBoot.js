// Sets the appearance before the first paint, so that the wrong theme never flashes: main.ts runs
// too late for that. The rules are those of appearance.pure.ts, applied to what userSettings.ts
// stored; appearance.test.ts runs this script to compare the two.
{
  let chosen;
  try {
    chosen = JSON.parse(localStorage.getItem('motd.settings') ?? '{}');
  } catch {
    // Storage is blocked, or its value is not JSON: nothing is chosen.
  }
  const isLight = matchMedia('(prefers-color-scheme: light)').matches;
  const isMore = matchMedia('(prefers-contrast: more)').matches;
  const isChosen = ['light', 'dark'].includes(chosen?.theme);
  const { dataset } = document.documentElement;
  dataset.theme = isChosen ? chosen.theme : isLight ? 'light' : 'dark';
  dataset.contrast = isMore || chosen?.contrast === 'more' ? 'more' : 'normal';
}
