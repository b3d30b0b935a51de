// Describes the targets to pages and programs: `/targets.json` lists them, `/targets/NAME.json`
// describes one. Neither discloses an address. Both need the password, as a session does.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Profile } from '../relay/profile.ts';
import type { TargetList } from '../relay/targetList.ts';
import type { Target } from '../relay/targets.ts';

/** What anyone who may open a session may know about its target. */
export interface TargetDescription {
  name: string;
  /** Whether it is also at `/ws`, and its page at `/`. */
  isDefault: boolean;
  /** Whether it is an original server, whose replies may have no line ends. */
  isOriginal: boolean;
  /** Whether it ends lines in CR LF, and the session sends text frames about ECHO if asked to. */
  isTelnet: boolean;
  /** Whether its colors are to be shown. */
  showsColor: boolean;
  /** Whether it accepts no data. */
  isReadOnly: boolean;
  /** How its page names it: the title of its profile. */
  title?: string | undefined;
  /** The command to run again after a SHUTDOWN, if one command runs both it and the bridge. */
  startCommand?: string | undefined;
}

/** What the page of a target needs. */
export interface TargetDetails extends TargetDescription {
  profile?: Profile | undefined;
  /** Whether there are others to choose from. */
  hasOthers: boolean;
}

export interface TargetRoutesOptions {
  /** The prefix of all paths: empty, or `/PATH`. */
  basePath: string;
  targets: TargetList;
}

export function serveTargetDescriptions(
  app: FastifyInstance,
  { basePath, targets }: TargetRoutesOptions,
): void {
  const describe = (target: Target): TargetDescription => ({
    name: target.name,
    isDefault: target === targets.default,
    isOriginal: target.isOriginal ?? false,
    isTelnet: target.isTelnet ?? false,
    showsColor: target.showsColor ?? false,
    isReadOnly: target.isReadOnly ?? false,
    title: target.profile?.title,
    startCommand: target.startCommand,
  });
  const detail = (target: Target): TargetDetails => ({
    ...describe(target),
    profile: target.profile,
    hasOthers: targets.all.length > 1,
  });
  app.get(`${basePath}/targets.json`, (_request, reply) =>
    reply.send({ targets: targets.all.map(describe) }),
  );
  app.get(`${basePath}/targets/:name.json`, (request: FastifyRequest, reply: FastifyReply) => {
    const { name } = request.params as { name: string };
    const target = targets.find(name);
    return target === undefined ? reply.callNotFound() : reply.send(detail(target));
  });
}
