// Builds what has changed, before whole-program tests. Some of them run `npm start`, which would
// otherwise build during the test.

import { prepare } from './prepare.mjs';

// biome-ignore lint/style/noDefaultExport: Playwright calls what a globalSetup file exports so.
export default () => prepare();
