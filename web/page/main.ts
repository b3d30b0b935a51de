// The page's entry point.

import { takeEarlySocket } from '../connection/earlySocket.ts';
import { createPage } from './createPage.ts';
import { targetFromUrl } from './pageTarget.ts';
import { showUnknownTarget } from './unknownTarget.ts';

const target = targetFromUrl(new URL(location.href));
if (target === undefined) showUnknownTarget();
else createPage(document, target, takeEarlySocket()).connect();
