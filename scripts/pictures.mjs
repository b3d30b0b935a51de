// `npm run pictures`: takes the pictures in docs/ from the real page, records the session in
// docs/terminal.cast with its pictures, and makes the icons in web/public/. `-- gallery`: takes each
// state of the page, for a developer to look at.

import { findBrowser } from './browser.mjs';
import { fail, prepare, runNode } from './prepare.mjs';
import { findNetcat } from './tools.mjs';

const SPECS = new Map([
  // Also recordingPictures.spec.
  ['docs', 'pictures.spec'],
  ['gallery', 'gallery.spec'],
]);
const [folder = 'docs', ...more] = process.argv.slice(2);
const spec = SPECS.get(folder);
if (spec === undefined || more.length > 0) fail('usage: npm run pictures [-- gallery]');

prepare();
process.env['CHROMIUM_PATH'] = await findBrowser();
process.env['MOTD_TEST_NETCAT'] = findNetcat();
process.env['MOTD_PICTURES'] = folder;
runNode('node_modules/@playwright/test/cli.js', 'test', '--config', 'e2e', spec);
