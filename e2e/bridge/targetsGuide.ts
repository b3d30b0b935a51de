// Runs the commands of docs/targets.md, with ports of the test.

import { codeBlock, replaceParts } from '../../testing/docs.ts';
import { freePort } from '../../testing/freePort.ts';
import { Program } from '../../testing/programs.ts';

const PAGE = 'docs/targets.md';
const DOCUMENTED_MOTD = 'npm run -s motd --';

/** A block of code: its section, its language, and which of the section's in that language. */
type Block = readonly [heading: string, language: string, index?: number];

type Replacements = readonly (readonly [string, string])[];

export function guideBlock(...[heading, language, index]: Block): string {
  return codeBlock(PAGE, heading, language, index);
}

/** Runs a block in a shell. Of a program that a test has to stop, the name is replaced by `exec …`. */
export function runGuide(block: Block, replacements: Replacements): Program {
  return new Program('sh', ['-c', replaceParts(guideBlock(...block), replacements)]);
}

/** Runs the block that starts a bridge. @returns Its port. */
export async function startGuideBridge(
  block: Block,
  replacements: Replacements,
  flags = '',
): Promise<number> {
  const port = await freePort();
  const motd = `exec ${process.execPath} dist/cli/main.js`;
  const command = replaceParts(guideBlock(...block), [
    [DOCUMENTED_MOTD, motd],
    ...replacements,
    ['\n', ` --http-port ${port} ${flags}\n`],
  ]);
  await new Program('sh', ['-c', command]).waitForOutput(/listening on http:\/\/127\.0\.0\.1:/);
  return port;
}
