// The lines for the operator that name the folder of the messages.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LOG_FILE } from '../server/stores/file/fileNames.ts';
import { folderOf } from '../server/stores/openStore.ts';
import { defaultStore } from './options/dataFolder.ts';

/** Where `npm start` keeps the messages. */
const CHECKOUT_FOLDER = './motd-data';

/** @returns The lines to print; none if the store has no folder. */
export function storeFolderLines(store: string): string[] {
  const folder = folderOf(store);
  if (folder === undefined) return [];
  const line = `The messages are in ${resolve(folder)}`;
  const isOverlooked = store === defaultStore() && existsSync(join(CHECKOUT_FOLDER, LOG_FILE));
  if (!isOverlooked) return [line];
  const advice = `to use them: --store file:${CHECKOUT_FOLDER}`;
  return [line, `Those in ${CHECKOUT_FOLDER} are not used; ${advice}`];
}
