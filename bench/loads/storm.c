// The login storm, without the cost of a runtime: as many connections at a time as given, each of
// which sends a request, reads the whole reply, sends its last request, and waits until the server
// has closed. Prints how many were done, and the CPU time in seconds.
// Usage: storm PORT CONNECTIONS MILLISECONDS REQUEST REPLY_BYTES LAST_REQUEST

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 512, CHUNK = 65536 };

// A connection sends in the states START and READ, when it has connected and has its reply.
enum state { START, READ, LAST };
struct login {
  enum state state;
  int socket;
  size_t received;
};

static struct sockaddr_in address;
static int poll;

static double seconds(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void start(struct login *login) {
  *login = (struct login){START, socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), 0};
  if (login->socket < 0) fail("socket");
  if (connect(login->socket, (void *)&address, sizeof address) && errno != EINPROGRESS)
    fail("connect");
  struct epoll_event event = {.events = EPOLLOUT, .data.ptr = login};
  epoll_ctl(poll, EPOLL_CTL_ADD, login->socket, &event);
}

static void send_all(struct login *login, const char *request) {
  if (write(login->socket, request, strlen(request)) != (ssize_t)strlen(request)) fail("write");
}

// Returns whether the login is done.
static int step(struct login *login, const char *request, size_t reply_bytes, const char *last) {
  static char chunk[CHUNK];
  if (login->state == START) {
    send_all(login, request);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = login};
    epoll_ctl(poll, EPOLL_CTL_MOD, login->socket, &event);
    login->state = READ;
    return 0;
  }
  ssize_t length = read(login->socket, chunk, CHUNK);
  if (length < 0 && errno != ECONNRESET) fail("read");
  if (login->state == LAST) return length <= 0;
  if (length <= 0) fail("closed before the reply");
  login->received += length;
  if (login->received < reply_bytes) return 0;
  send_all(login, last);
  login->state = LAST;
  return 0;
}

int main(int argc, char **argv) {
  if (argc != 7) return 2;
  int count = atoi(argv[2]), open = count;
  address = (struct sockaddr_in){.sin_family = AF_INET,
                                 .sin_port = htons(atoi(argv[1])),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  poll = epoll_create1(0);
  struct login *logins = calloc(count, sizeof *logins);
  struct epoll_event events[BATCH];
  double ends_at = seconds(CLOCK_MONOTONIC) + atoi(argv[3]) / 1e3;
  long done = 0;
  for (int i = 0; i < count; i++) start(&logins[i]);
  while (open > 0) {
    int ready = epoll_wait(poll, events, BATCH, -1);
    for (int i = 0; i < ready; i++) {
      struct login *login = events[i].data.ptr;
      if (!step(login, argv[4], atoi(argv[5]), argv[6])) continue;
      close(login->socket);
      done++;
      if (seconds(CLOCK_MONOTONIC) < ends_at) start(login);
      else open--;
    }
  }
  printf("%ld %f\n", done, seconds(CLOCK_PROCESS_CPUTIME_ID));
}
