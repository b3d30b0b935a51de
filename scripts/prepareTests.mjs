// Before any whole-program test: what has changed is built. Some of them run `npm start`, which would
// build it in their midst.

import { prepare } from './prepare.mjs';

// biome-ignore lint/style/noDefaultExport: Playwright calls what a globalSetup file exports so.
export default () => prepare();
