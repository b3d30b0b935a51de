// A server that answers questions, in our protocol or in another.

import type { DialectName } from '../loads/dialect.ts';
import type { LoadTarget } from '../loads/loadTarget.ts';

export interface DialectServer extends LoadTarget {
  dialect: DialectName;
}
