/* Idle MQTT clients over TLS 1.3: connect at a pace, then a PINGREQ each per beat, spread evenly. One thread, epoll, GnuTLS. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

typedef enum { UNUSED, DIALLING, SHAKING, WAITING, IDLE, DEAD } phase;

typedef struct {
  gnutls_session_t session;
  int fd;
  phase phase;
  uint8_t answer[4]; /* CONNACK as far as it came */
  uint8_t answer_length;
} connection;

typedef struct {
  const load_options *options;
  gnutls_certificate_credentials_t credentials;
  gnutls_priority_t priority;
  struct sockaddr_in address;
  connection *connections;
  int epoll;
  int32_t begun, idle, dead;
} broker_load;

static void die(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

static void end(connection *c) {
  gnutls_deinit(c->session);
  close(c->fd);
  c->phase = DEAD;
}

static void bury(broker_load *load, connection *c, const char *why) {
  if (c->phase == IDLE)
    load->idle--;
  if (load->dead++ < 3)
    fprintf(stderr, "connection %d ended: %s\n", (int)(c - load->connections), why);
  end(c);
}

static void send_bytes(broker_load *load, connection *c, const uint8_t *bytes, size_t length) {
  ssize_t sent = gnutls_record_send(c->session, bytes, length);
  if (sent == GNUTLS_E_AGAIN || sent == GNUTLS_E_INTERRUPTED)
    return; /* GnuTLS keeps the record; the socket of an idle client is not full for long */
  if (sent < 0)
    bury(load, c, gnutls_strerror((int)sent));
}

/* MQTT 3.1.1, clean session, no will; the keep-alive interval is twice the beat, in whole seconds. */
static void send_connect(broker_load *load, connection *c) {
  char id[16];
  int id_length = snprintf(id, sizeof id, "m%06d", (int)(c - load->connections));
  int keep_alive = load->options->beat_ms * 2 / 1000 + 1;
  uint8_t packet[64] = {0x10, (uint8_t)(12 + id_length), 0, 4, 'M', 'Q', 'T', 'T', 4, 0x02};
  packet[10] = (uint8_t)(keep_alive >> 8);
  packet[11] = (uint8_t)keep_alive;
  packet[13] = (uint8_t)id_length;
  memcpy(packet + 14, id, (size_t)id_length);
  send_bytes(load, c, packet, 14 + (size_t)id_length);
}

static void begin(broker_load *load, connection *c) {
  load_note_begun(load->options, (int32_t)(c - load->connections));
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (c->fd < 0)
    die("socket", strerror(errno));
  int on = 1;
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(c->fd, (struct sockaddr *)&load->address, sizeof load->address) != 0 &&
      errno != EINPROGRESS)
    die("connect", strerror(errno));
  gnutls_init(&c->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
  gnutls_priority_set(c->session, load->priority);
  gnutls_credentials_set(c->session, GNUTLS_CRD_CERTIFICATE, load->credentials);
  gnutls_transport_set_int(c->session, c->fd);
  c->phase = DIALLING;
  struct epoll_event event = {.events = EPOLLOUT, .data.ptr = c};
  if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, c->fd, &event) != 0)
    die("epoll_ctl", strerror(errno));
}

/* The TCP connection is there, or not: the first read tells. From now on only what comes in matters. Level-triggered, since
 * GnuTLS answers GNUTLS_E_AGAIN after each session ticket, whatever waits behind it. */
static void dialled(broker_load *load, connection *c) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  if (epoll_ctl(load->epoll, EPOLL_CTL_MOD, c->fd, &event) != 0)
    die("epoll_ctl", strerror(errno));
  c->phase = SHAKING;
}

static void take(broker_load *load, connection *c, const uint8_t *bytes, size_t length) {
  while (length > 0 && c->phase == WAITING) {
    c->answer[c->answer_length++] = *bytes++;
    length--;
    if (c->answer_length < sizeof c->answer)
      continue;
    if (c->answer[0] != 0x20 || c->answer[3] != 0) {
      bury(load, c, "the broker refused");
      return;
    }
    c->phase = IDLE;
    load->idle++;
    load_note_joined((int32_t)(c - load->connections));
    load_progress("connected", load->idle, load->options->members);
  }
  /* What follows are PINGRESPs, which need no reading: the broker closes a connection that it gave up. */
}

static void advance(broker_load *load, connection *c) {
  if (c->phase == SHAKING) {
    int status = gnutls_handshake(c->session);
    if (status == GNUTLS_E_AGAIN || status == GNUTLS_E_INTERRUPTED)
      return;
    if (status < 0) {
      bury(load, c, gnutls_strerror(status));
      return;
    }
    c->phase = WAITING;
    send_connect(load, c);
  }
  while (c->phase == WAITING || c->phase == IDLE) {
    uint8_t bytes[256];
    ssize_t got = gnutls_record_recv(c->session, bytes, sizeof bytes);
    if (got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED)
      return;
    if (got <= 0) {
      bury(load, c, got == 0 ? "the broker closed" : gnutls_strerror((int)got));
      return;
    }
    take(load, c, bytes, (size_t)got);
  }
}

/* Pings every member once per beat, each at its own place within it: those whose place passed since the last call. */
static void ping(broker_load *load, int64_t since_start, int64_t *place) {
  static const uint8_t request[] = {0xC0, 0};
  const int64_t members = load->options->members;
  const int64_t beat = (int64_t)load->options->beat_ms * 1000000;
  int64_t now_place =
      since_start / beat * members + since_start % beat * members / beat; /* counts on and on */
  if (now_place - *place > members)
    *place = now_place - members;
  for (; *place < now_place; ++*place) {
    connection *c = &load->connections[*place % members];
    if (c->phase == IDLE)
      send_bytes(load, c, request, sizeof request);
  }
}

static struct sockaddr_in parse_address(const char *text) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  char host[64];
  const char *colon = strrchr(text, ':');
  long port = colon != NULL ? strtol(colon + 1, NULL, 10) : 0;
  if (colon == NULL || (size_t)(colon - text) >= sizeof host || port < 1 || port > 65535)
    die(text, "the broker is given as ADDRESS:PORT");
  memcpy(host, text, (size_t)(colon - text));
  host[colon - text] = '\0';
  address.sin_port = htons((uint16_t)port);
  if (inet_pton(AF_INET, host, &address.sin_addr) != 1)
    die(host, "not an IPv4 address");
  return address;
}

static void setup_tls(broker_load *load) {
  /* Ciphers and groups as the edge's clients use them. The certificate is the edge's own: nothing to verify here. */
  int status = gnutls_priority_init(
      &load->priority,
      "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:-GROUP-ALL:+GROUP-X25519", NULL);
  if (status < 0)
    die("TLS priorities", gnutls_strerror(status));
  gnutls_certificate_allocate_credentials(&load->credentials);
}

int main(int argc, char **argv) {
  const load_options options = load_options_read(argc, argv);
  broker_load load = {.options = &options, .address = parse_address(options.url)};
  bool told = false;
  int64_t place = 0;

  signal(SIGPIPE, SIG_IGN);
  load_need_descriptors(options.members);
  setup_tls(&load);
  load.connections = calloc((size_t)options.members, sizeof *load.connections);
  load.epoll = epoll_create1(EPOLL_CLOEXEC);
  if (load.connections == NULL || load.epoll < 0)
    die("starting", strerror(errno));

  const int64_t start = load_now();
  const int64_t limit = (int64_t)options.limit_s * 1000000000;
  for (;;) {
    struct epoll_event events[256];
    int64_t since = load_now() - start;
    if (since > limit || load_told_to_stop())
      break;
    for (int32_t n = load_may_begin(&options, since, load.begun, load.idle + load.dead); n > 0; n--)
      begin(&load, &load.connections[load.begun++]);
    ping(&load, since, &place);
    if (!told && load.idle + load.dead == options.members) {
      if (load.dead > 0)
        die("connecting", "not every client could");
      load_print_joined(load.idle);
      told = true;
    }
    int count = epoll_wait(load.epoll, events, 256, 1);
    for (int i = 0; i < count; i++) {
      connection *c = events[i].data.ptr;
      if (c->phase == DIALLING)
        dialled(&load, c);
      if (c->phase != DEAD)
        advance(&load, c);
    }
  }
  printf("alive %d\n", load.idle);
  for (int32_t i = 0; i < load.begun; i++)
    if (load.connections[i].phase != DEAD)
      end(&load.connections[i]);
  free(load.connections);
  close(load.epoll);
  gnutls_priority_deinit(load.priority);
  gnutls_certificate_free_credentials(load.credentials);
  return told ? 0 : 1;
}
