// The `prepare` script: npm runs it before `npm pack`, `npm link` and `npm publish`, which would
// otherwise leave out what is not built. npm also runs it after it has installed the packages here,
// when there is nothing to do: `npm start` and `npm test` build for themselves.

import { prepare } from './prepare.mjs';

const { npm_command: command = '', npm_config_global: global } = process.env;
const isAfterInstall = ['ci', 'install'].includes(command) && global !== 'true';
if (!isAfterInstall) prepare();
