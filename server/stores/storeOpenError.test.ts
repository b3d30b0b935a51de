import { expect, test } from 'vitest';
import { folderOpenError } from './storeOpenError.ts';

function failure(code: string): Error {
  return Object.assign(new Error(`${code}: it failed`), { code });
}

test.each(['ENOSPC', 'EDQUOT', 'EIO'])('names the disk as the fault for %s', (code) => {
  const error = failure(code);
  expect(folderOpenError('data', error).message).toBe(
    `cannot use data: ${code}: it failed; check the disk`,
  );
  expect(folderOpenError('data', new Error('sync', { cause: error })).message).toBe(
    'cannot use data: sync; check the disk',
  );
});

test('names --store as the fault for other errors', () => {
  expect(folderOpenError('data', failure('ENOTDIR')).message).toBe(
    'cannot use data: ENOTDIR: it failed; check --store',
  );
});

test.each(['EMFILE', 'ENFILE'])('names the limit of open files as the fault for %s', (code) => {
  expect(folderOpenError('data', failure(code)).message).toBe(
    `cannot use data: ${code}: it failed; raise the limit of open files (ulimit -n)`,
  );
});

test('says that a folder is a file', () => {
  expect(folderOpenError('package.json', failure('ENOTDIR')).message).toBe(
    'package.json is a file; name a folder with --store',
  );
});
