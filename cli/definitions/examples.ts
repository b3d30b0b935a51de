// The examples of each command: for `--help`, and for its manual page.

export interface Example {
  /** As an imperative, like the description of a command. */
  purpose: string;
  /** A line of sh. */
  command: string;
}

export const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  motd: [
    { purpose: 'run everything on this machine, and open the page', command: 'motd up --open' },
    { purpose: 'print the message', command: 'motd get motd.example' },
    { purpose: 'change it', command: "motd set -m 'Maintenance at 18:00' motd.example" },
  ],
  up: [
    { purpose: 'run everything on this machine, and open the page', command: 'motd up --open' },
    {
      purpose: 'use other ports, and keep the messages in another folder',
      command: 'motd up --port 2000 --http-port 8081 --store file:/srv/motd',
    },
    {
      purpose: 'serve the TCP port to other machines',
      command:
        'motd up --host 0.0.0.0 --password-file shutdown.hash --store-password-file store.hash',
    },
  ],
  serve: [
    { purpose: 'try it, and keep nothing', command: 'motd serve --store memory:' },
    {
      purpose: 'serve other machines',
      command:
        'motd serve --host 0.0.0.0 --password-file shutdown.hash --store-password-file store.hash',
    },
    {
      purpose: 'share the messages with other servers, and report health to a load balancer',
      command: 'motd serve --store etcd://10.0.0.1:2379/motd --health-port 9100',
    },
  ],
  bridge: [
    {
      purpose: 'show the page of a server on another machine',
      command: 'motd bridge --target motd=motd.example:26310',
    },
    {
      purpose: 'reach redis from the browser',
      command: 'motd bridge --target redis=127.0.0.1:6379',
    },
    {
      purpose: 'require a login, behind a reverse proxy on this machine',
      command:
        'motd bridge --users-file users --public-origin https://motd.example --trust-proxy 127.0.0.1',
    },
  ],
  connect: [
    { purpose: 'talk to a server', command: 'motd connect motd.example' },
    {
      purpose: 'reach it through its bridge, with a login',
      command: 'motd connect --url wss://motd.example/ws --login-file login',
    },
  ],
  get: [
    { purpose: 'print the message', command: 'motd get motd.example' },
    {
      purpose: 'show it at login: all of it within a second, or nothing',
      command: 'motd get --no-default --timeout 1 motd.example 2>/dev/null || true',
    },
    {
      purpose: 'ask two servers that share a store, and print JSON',
      command: 'motd get --json a.example,b.example',
    },
  ],
  set: [
    { purpose: 'change the message', command: "motd set -m 'Maintenance at 18:00' motd.example" },
    { purpose: 'take it from a pipe', command: 'uptime -p | motd set motd.example' },
    {
      purpose: 'replace message 17, unless another one is in force by now',
      command: "motd set --if-number 17 -m 'Maintenance is over' motd.example",
    },
  ],
  watch: [
    { purpose: 'print each message as it is stored', command: 'motd watch motd.example' },
    {
      purpose: 'notify the desktop of each message',
      command: 'motd watch motd.example | while read -r line; do notify-send "$line"; done',
    },
  ],
  history: [
    { purpose: 'print what was stored, oldest first', command: 'motd history motd.example' },
    {
      purpose: 'print the last three as JSON',
      command: 'motd history --json motd.example | tail -n 3',
    },
  ],
  plan: [
    {
      purpose: 'announce a maintenance, which ends by itself',
      command: "motd plan --from 'fri 18:00' --until 20:00 -m 'Maintenance' motd.example",
    },
    {
      purpose: 'show a message from now until 20:00',
      command: "motd plan --until 20:00 -m 'Printer 2 is out of order' motd.example",
    },
  ],
  plans: [
    { purpose: 'print what is planned, with its numbers', command: 'motd plans motd.example' },
    { purpose: 'print it as JSON', command: 'motd plans --json motd.example' },
  ],
  cancel: [
    { purpose: 'cancel planned message 17', command: 'motd cancel 17 motd.example' },
    {
      purpose: 'send the password that the server requires',
      command: 'MOTD_STORE_PASSWORD=$(cat password) motd cancel 17 motd.example',
    },
  ],
  'hash-password': [
    {
      purpose: 'make a file for --password-file',
      command: '(umask 077; motd hash-password > shutdown.hash)',
    },
    {
      purpose: 'add a user to a file for --users-file',
      command: '(umask 077; hash=$(motd hash-password) && printf \'anna:%s\\n\' "$hash" >> users)',
    },
  ],
  'copy-store': [
    {
      purpose: 'make a backup of the folder that motd up prints',
      command: 'motd copy-store "file:$HOME/.local/share/motd" file:backup',
    },
    {
      purpose: 'move the messages of the systemd service to etcd',
      command: 'motd copy-store file:/var/lib/motd-server etcd://127.0.0.1:2379/motd',
    },
  ],
  completion: [
    {
      purpose: 'complete motd in this bash; the same line in ~/.bashrc does it in every one',
      command: 'eval "$(motd completion bash)"',
    },
    {
      purpose: 'complete motd in zsh, from a line in ~/.zshrc after compinit',
      command: 'eval "$(motd completion zsh)"',
    },
    {
      purpose: 'complete motd in fish, from a line in ~/.config/fish/config.fish',
      command: 'motd completion fish | source',
    },
  ],
};

/** @returns The last paragraph of `--help`. */
export function examplesHelp(name: string): string {
  const examples = EXAMPLES[name] ?? [];
  const lines = examples.flatMap(({ purpose, command }) => [`  # ${purpose}`, `  ${command}`]);
  return ['', 'Examples:', ...lines].join('\n');
}
