// What a run was measured on. Only figures of one run on one machine can be compared.

import { cpus, release, totalmem, type } from 'node:os';

export function machine(): string {
  const [first] = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const node = `Node ${process.versions.node}`;
  return `${cpus().length} × ${first?.model.trim() ?? 'unknown processor'}, ${memory}, ${type()} ${release()}, ${node}`;
}
