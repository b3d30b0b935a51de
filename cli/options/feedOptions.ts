// The flags of the message over HTTP.

import { Option } from 'commander';
import type { Target } from '../../bridge/relay/targets.ts';
import { GROUP, inGroup } from './options.ts';
import { parseFeed, parseOrigins } from './parsers.ts';

export interface FeedOptions {
  /** The name of a target, or a target of its own. */
  feed?: string | Target;
  feedOrigin?: string[];
}

export function feedOption(): Option {
  return new Option(
    '--feed <target>',
    'message server whose message is served at /message and /board: the name of a --target, or ' +
      'HOST:PORT; without it, there are no such paths',
  )
    .env('MOTD_FEED')
    .argParser(parseFeed)
    .helpGroup(GROUP.feed);
}

export function feedPageOptions(): Option[] {
  return inGroup(GROUP.feed, [
    new Option(
      '--feed-origin <url>',
      'origin whose pages may read /message, repeatable: https://HOST or https://HOST:PORT',
    )
      .env('MOTD_FEED_ORIGIN')
      .argParser(parseOrigins),
  ]);
}
