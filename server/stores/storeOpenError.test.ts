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
