// `npm run pictures`: takes the pictures in docs/ from the real page, and makes the icons in
// web/public/.

import { findBrowser } from './browser.mjs';
import { prepare, runNode } from './prepare.mjs';

prepare();
process.env['CHROMIUM_PATH'] = await findBrowser();
process.env['MOTD_PICTURES'] = 'docs';
runNode('node_modules/@playwright/test/cli.js', 'test', '--config', 'e2e', 'pictures');
