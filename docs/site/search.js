// The search. It loads and indexes the documentation when the field gets the focus.

import MiniSearch from 'minisearch';

/** @typedef {{ id: string, page: string, title: string, text: string }} Section */

const MAX_RESULTS = 20;
/** Characters of the text around the first match. */
const EXCERPT_LENGTH = 160;

const search = /** @type {HTMLElement} */ (document.querySelector('#search'));
const field = /** @type {HTMLInputElement} */ (search.querySelector('input'));
const status = /** @type {HTMLElement} */ (search.querySelector('p'));
const list = /** @type {HTMLElement} */ (search.querySelector('ul'));

/** @type {Promise<MiniSearch<Section>> | undefined} */
let index;

search.hidden = false;
field.addEventListener('focus', loadIndex);
field.addEventListener('input', showResults);
search.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  field.value = '';
  field.focus();
  void showResults();
});
document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.target === field) return;
  event.preventDefault();
  field.focus();
});

function loadIndex() {
  index ??= buildIndex();
  return index;
}

async function buildIndex() {
  const sections = await (await fetch(search.dataset['pages'] ?? '')).json();
  const built = new MiniSearch({
    fields: ['title', 'page', 'text'],
    storeFields: ['title', 'page', 'text'],
    searchOptions: { boost: { title: 3, page: 2 }, prefix: true, combineWith: 'AND' },
  });
  built.addAll(sections);
  return built;
}

async function showResults() {
  const query = field.value;
  const results = query.trim() === '' ? [] : (await loadIndex()).search(query);
  if (field.value !== query) return;
  status.textContent = query.trim() === '' ? '' : countOf(results.length);
  list.replaceChildren(...results.slice(0, MAX_RESULTS).map(entryOf));
}

/** @param {number} count */
function countOf(count) {
  if (count === 0) return 'nothing found';
  return count === 1 ? '1 section' : `${count} sections`;
}

/** @param {import('minisearch').SearchResult} result */
function entryOf({ id, page, title, text, terms }) {
  const entry = document.createElement('li');
  const link = document.createElement('a');
  const root = search.dataset['root'] ?? '';
  link.href = root === '' ? id : `${root}/${id}`;
  link.textContent = page === title ? page : `${page}: ${title}`;
  // The browser shows the other part of the same page without loading it.
  link.addEventListener('click', () => {
    field.value = '';
    void showResults();
  });
  entry.append(link, excerptOf(text, terms));
  return entry;
}

/**
 * @param {string} text
 * @param {string[]} terms In lower case.
 */
function excerptOf(text, terms) {
  const excerpt = document.createElement('p');
  const places = terms.map((term) => text.toLowerCase().indexOf(term)).filter((at) => at >= 0);
  const first = places.length === 0 ? 0 : Math.min(...places);
  const start = first < EXCERPT_LENGTH / 2 ? 0 : text.indexOf(' ', first - EXCERPT_LENGTH / 2);
  const shown = text.slice(start, start + EXCERPT_LENGTH);
  excerpt.textContent = `${start > 0 ? '…' : ''}${shown}${text.length > start + EXCERPT_LENGTH ? '…' : ''}`;
  return excerpt;
}
