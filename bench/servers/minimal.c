// The kernel's floor: one thread, epoll, no memory allocated for a connection. It counts the line
// ends in what arrives, and answers each line with the same bytes. A chunk that starts with Q ends
// the connection. Usage: minimal PORT REPLY

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH = 512, CHUNK = 65536, BACKLOG = 4096 };

static char chunk[CHUNK], replies[CHUNK];

static void serve(int client, size_t reply_bytes) {
  ssize_t length = read(client, chunk, CHUNK);
  size_t wanted = 0, most = CHUNK / reply_bytes * reply_bytes;
  for (ssize_t i = 0; i < length; i++) wanted += chunk[i] == '\n' ? reply_bytes : 0;
  while (wanted > 0) {
    ssize_t written = write(client, replies, wanted < most ? wanted : most);
    if (written <= 0) break;
    wanted -= written;
  }
  if (length <= 0 || chunk[0] == 'Q') close(client);
}

int main(int argc, char **argv) {
  if (argc != 3 || !*argv[2] || strlen(argv[2]) > CHUNK) return 2;
  size_t reply_bytes = strlen(argv[2]);
  for (size_t i = 0; i < CHUNK; i++) replies[i] = argv[2][i % reply_bytes];

  int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), poll = epoll_create1(0);
  struct sockaddr_in address = {.sin_family = AF_INET,
                                .sin_port = htons(atoi(argv[1])),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (void *)&address, sizeof address) || listen(listener, BACKLOG)) return 1;
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, events[BATCH];
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);

  for (;;) {
    int ready = epoll_wait(poll, events, BATCH, -1);
    for (int i = 0; i < ready; i++) {
      if (events[i].data.fd != listener) {
        serve(events[i].data.fd, reply_bytes);
        continue;
      }
      for (int client; (client = accept(listener, 0, 0)) >= 0;) {
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        event.data.fd = client;
        epoll_ctl(poll, EPOLL_CTL_ADD, client, &event);
      }
    }
  }
}
