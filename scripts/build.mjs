// `npm run build`

import { prepare } from './prepare.mjs';

prepare();
