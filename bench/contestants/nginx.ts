// nginx, which serves a static file of the same size as the message.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Contestant, findCommand } from '../contestant.ts';
import { MESSAGE } from '../loads/dialect.ts';
import { type LoadTarget, targetOf } from '../loads/loadTarget.ts';
import { temporaryFolder } from '../temporaryFolder.ts';

/** @param path The path of the file. */
export function nginxWithFile(path: string): Contestant<LoadTarget> {
  return {
    name: 'nginx, static file',
    find: findNginx,
    async start(programs) {
      const folder = temporaryFolder();
      mkdirSync(join(folder, 'files'));
      writeFileSync(join(folder, 'files', path), `${MESSAGE}\n`);
      const server = await programs.server(findNginx().command, (port) => {
        const file = join(folder, 'nginx.conf');
        writeFileSync(file, configuration(folder, port));
        return ['-p', folder, '-e', join(folder, 'error.log'), '-c', file];
      });
      return targetOf([server]);
    },
  };
}

/** One process, as our bridge has, with the rights of this one; and as silent. */
function configuration(folder: string, port: number): string {
  return `
    daemon off;
    pid ${folder}/nginx.pid;
    master_process off;
    events { worker_connections 1024; }
    http {
      access_log off;
      keepalive_requests 1000000000;
      client_body_temp_path ${folder}/body;
      proxy_temp_path ${folder}/proxy;
      fastcgi_temp_path ${folder}/fastcgi;
      uwsgi_temp_path ${folder}/uwsgi;
      scgi_temp_path ${folder}/scgi;
      default_type text/plain;
      server { listen 127.0.0.1:${port}; root ${folder}/files; }
    }
  `;
}

function findNginx() {
  return findCommand('nginx', ['-v'], /nginx\/(\S+)/, 'on Debian: apt-get install nginx-light');
}
