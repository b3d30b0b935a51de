// The page at /targets: what the user may reach, by title and name. Each target is a plain link.
//
// It imports nothing of ui/: what two pages share is a file of its own, which the first view of the
// other page would have to load, too.

import { type ListedTarget, listTargets, pageOf } from './listedTarget.ts';
import { recentTargets } from './recentTargets.ts';

const filter = find('#filter', HTMLInputElement);
const notice = find('#notice', HTMLElement);
const result = find('#result', HTMLElement);
const recent = find('#recent', HTMLElement);
const all = find('#all', HTMLElement);

void start();

function find<Kind extends Element>(selector: string, kind: new () => Kind): Kind {
  const found = document.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`targets.html has no ${selector}`);
  return found;
}

async function start(): Promise<void> {
  try {
    show(await listTargets());
  } catch {
    const reload = Object.assign(document.createElement('a'), { href: '', textContent: 'Reload' });
    notice.replaceChildren('The list of targets could not be loaded. ', reload);
  }
}

function show(targets: readonly ListedTarget[]): void {
  const isRecent = new Map(recentTargets().map((name, index) => [name, index]));
  const order = ({ name }: ListedTarget) => isRecent.get(name) ?? isRecent.size;
  const used = targets.filter(({ name }) => isRecent.has(name));
  fill(
    recent,
    used.sort((one, other) => order(one) - order(other)),
  );
  fill(
    all,
    targets.filter(({ name }) => !isRecent.has(name)),
  );
  find('#all-title', HTMLElement).textContent = used.length > 0 ? 'Other targets' : 'All targets';
  applyFilter();
  find('search', HTMLElement).hidden = false;
  filter.addEventListener('input', applyFilter);
  document.addEventListener('keydown', onKeyDown);
  if (!matchMedia('(pointer: coarse)').matches) filter.focus();
}

function fill(section: HTMLElement, targets: readonly ListedTarget[]): void {
  section.querySelector('ul')?.replaceChildren(...targets.map(item));
}

/** Titles are the operator's, and text. */
function item(target: ListedTarget): HTMLLIElement {
  const { name, title, isDefault } = target;
  const strong = Object.assign(document.createElement('strong'), { textContent: title ?? name });
  const details = [title === undefined ? '' : name, isDefault ? 'default' : ''];
  const small = Object.assign(document.createElement('span'), {
    textContent: details.filter((one) => one !== '').join(' · '),
  });
  const link = Object.assign(document.createElement('a'), { href: pageOf(target) });
  link.append(strong, small);
  const li = document.createElement('li');
  li.append(link);
  return li;
}

function applyFilter(): void {
  const words = filter.value.toLowerCase().split(/\s+/);
  let shown = 0;
  for (const section of [recent, all]) {
    const items = [...section.querySelectorAll('li')];
    for (const li of items) {
      const text = li.textContent.toLowerCase();
      li.hidden = !words.every((word) => text.includes(word));
    }
    const visible = items.filter(({ hidden }) => !hidden).length;
    section.hidden = visible === 0;
    shown += visible;
  }
  notice.textContent = shown === 0 ? 'No target matches.' : '';
  if (filter.value !== '') result.textContent = `${shown} ${shown === 1 ? 'target' : 'targets'}`;
}

/** Arrow keys move through the field and the links; Enter in the field opens the first one. */
function onKeyDown(event: KeyboardEvent): void {
  if (event.isComposing) return;
  const links = [...document.querySelectorAll<HTMLAnchorElement>('li:not([hidden]) a')];
  const stops = [filter, ...links];
  const focused = document.activeElement;
  const at = stops.findIndex((stop) => stop.isSameNode(focused));
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    event.preventDefault();
    const step = event.key === 'ArrowDown' ? 1 : -1;
    stops[Math.min(stops.length - 1, Math.max(0, at + step))]?.focus();
  } else if (event.key === 'Enter' && at === 0) links[0]?.click();
  else if (event.key === 'Escape' && filter.value !== '') {
    filter.value = '';
    applyFilter();
    filter.focus();
  } else if (at > 0 && /^\S$/u.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey)
    filter.focus();
}
