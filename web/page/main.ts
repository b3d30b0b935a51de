// The page's entry point.

import { createPage } from './createPage.ts';
import { targetFromUrl } from './pageTarget.ts';
import { showUnknownTarget } from './unknownTarget.ts';

const target = targetFromUrl(new URL(location.href));
if (target === undefined) showUnknownTarget();
else createPage(document, target).connect();
