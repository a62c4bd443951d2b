/* The bus over a real nats-server, two of them as two edges have it. Without nats-server they are skipped, but not where CI=true. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <glib.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "edge/program/nats_bus.h"

/* GLib's own threads hand over their things by futexes that the thread sanitizer does not see. */
__attribute__((visibility("default"))) const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void) {
  return "called_from_lib:libglib-2.0.so\n";
}

/* ---- the log */

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static GString *logged; /* all warnings and messages, a line each */

static GLogWriterOutput keep(GLogLevelFlags level, const GLogField *fields, gsize count,
                             gpointer user) {
  (void)level, (void)user;
  pthread_mutex_lock(&log_lock);
  for (gsize i = 0; i < count; i++) {
    if (strcmp(fields[i].key, "MESSAGE") == 0)
      g_string_append_printf(logged, "%s\n", (const char *)fields[i].value);
  }
  pthread_mutex_unlock(&log_lock);
  return G_LOG_WRITER_HANDLED;
}

/* ---- nats-server */

static char *nats_server(void) {
  char *found = g_find_program_in_path("nats-server");
  if (found == NULL && g_file_test("/usr/sbin/nats-server", G_FILE_TEST_IS_EXECUTABLE))
    found = g_strdup("/usr/sbin/nats-server");
  return found;
}

static bool is_there(void) {
  char *found = nats_server();
  g_free(found);
  if (found != NULL)
    return true;
  if (g_strcmp0(g_getenv("CI"), "true") == 0)
    g_test_fail_printf("there is no nats-server here; under CI nothing may be missing");
  else
    g_test_skip("there is no nats-server here");
  return false;
}

static int free_port(void) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  g_assert_cmpint(bind(fd, (struct sockaddr *)&address, length), ==, 0);
  g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &length), ==, 0);
  close(fd);
  return ntohs(address.sin_port);
}

typedef struct {
  int port;
  char *user, *password; /* NULL: anybody is welcome */
  GPid pid;
} server;

static void start_server(server *s) {
  char *program = nats_server(), *port = g_strdup_printf("%d", s->port);
  const char *const argv[] = {
      program, "-a",     "127.0.0.1", "-p", port, s->user == NULL ? NULL : "--user",
      s->user, "--pass", s->password, NULL};
  GError *why = NULL;
  g_spawn_async(NULL, (char **)argv, NULL,
                G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL,
                NULL, NULL, &s->pid, &why);
  g_assert_no_error(why);
  g_free(program);
  g_free(port);
}

static void stop_server(server *s) {
  kill(s->pid, SIGKILL);
  waitpid(s->pid, NULL, 0);
}

/* ---- a bus, and what it brought */

typedef struct {
  rj_bus_driver *driver;
  char *servers[2];
  atomic_int rings;
} bus;

static void ring(void *user) {
  atomic_fetch_add(&((bus *)user)->rings, 1);
}

static void make_bus(bus *b, const server *s, const char *secret) {
  *b = (bus){.servers = {g_strdup_printf("nats://%s127.0.0.1:%d", secret, s->port), NULL}};
  const rj_nats_options options = {.name = "test", .servers = (const char *const *)b->servers};
  b->driver = rj_nats_bus_new(&options);
}

static void start_bus(bus *b) {
  b->driver->start(b->driver, ring, b);
}

static void end_bus(bus *b) {
  b->driver->stop(b->driver);
  rj_nats_bus_free(b->driver);
  g_free(b->servers[0]);
}

static void give_order(bus *b, rj_bus_order_kind kind, const char *subject, const char *text) {
  const rj_bus_order order = {.kind = kind,
                              .subject = subject,
                              .data = (const uint8_t *)text,
                              .length = text == NULL ? 0 : strlen(text)};
  b->driver->order(b->driver, &order);
}

/* The next news within 20 s: "+", "-" or "SUBJECT:TEXT". */
static char *next_news(bus *b) {
  rj_bus_news news;
  for (int i = 0; i < 20000; i++) {
    if (b->driver->next(b->driver, &news)) {
      g_assert_cmpint(atomic_load(&b->rings), >, 0);
      if (news.kind == RJ_BUS_MESSAGE)
        return g_strdup_printf("%s:%.*s", news.subject, (int)news.length, (const char *)news.data);
      return g_strdup(news.kind == RJ_BUS_CONNECTED ? "+" : "-");
    }
    g_usleep(1000);
  }
  return g_strdup("nothing");
}

#define expect(b, text)                                                                            \
  do {                                                                                             \
    char *news_ = next_news(b);                                                                    \
    g_assert_cmpstr(news_, ==, text);                                                              \
    g_free(news_);                                                                                 \
  } while (0)

static void expect_nothing(bus *b) {
  rj_bus_news news;
  g_assert_false(b->driver->next(b->driver, &news));
}

typedef struct {
  server s;
  bus a, b;
} pair;

/* Both are subscribed to "all", and it is known that the server knows it. */
static void begin_pair(pair *p) {
  *p = (pair){.s.port = free_port()};
  start_server(&p->s);
  make_bus(&p->a, &p->s, "");
  make_bus(&p->b, &p->s, "");
  start_bus(&p->a);
  start_bus(&p->b);
  expect(&p->a, "+");
  expect(&p->b, "+");
  give_order(&p->a, RJ_BUS_SUBSCRIBE, "all", NULL);
  give_order(&p->b, RJ_BUS_SUBSCRIBE, "all", NULL);
  /* what a connection orders is done in order: it hears of the first once the server has both */
  for (bool known = false; !known; g_usleep(1000)) {
    rj_bus_news news;
    give_order(&p->a, RJ_BUS_PUBLISH, "all", "known?");
    known = p->b.driver->next(p->b.driver, &news);
  }
  give_order(&p->a, RJ_BUS_PUBLISH, "all", "known");
  for (bool known = false; !known;) {
    char *news = next_news(&p->b);
    known = strcmp(news, "all:known") == 0;
    g_free(news);
  }
}

static void end_pair(pair *p) {
  end_bus(&p->a);
  end_bus(&p->b);
  stop_server(&p->s);
}

/* ---- tests */

static void test_messages(void) {
  pair p;
  if (!is_there())
    return;
  begin_pair(&p);
  give_order(&p.b, RJ_BUS_PUBLISH, "all", "1");
  give_order(&p.b, RJ_BUS_PUBLISH, "nobody", "2");
  give_order(&p.b, RJ_BUS_PUBLISH, "all", "");
  expect(&p.a, "all:1");
  expect(&p.a, "all:");
  give_order(&p.a, RJ_BUS_UNSUBSCRIBE, "all", NULL);
  give_order(&p.a, RJ_BUS_SUBSCRIBE, "room", NULL);
  give_order(&p.a, RJ_BUS_PUBLISH, "all", "done");
  expect(&p.b, "all:done");
  expect_nothing(&p.b); /* never its own */
  give_order(&p.b, RJ_BUS_PUBLISH, "all", "3");
  give_order(&p.b, RJ_BUS_PUBLISH, "room", "4");
  expect(&p.a, "room:4");
  rj_nats_counts counts;
  rj_nats_bus_counts(p.b.driver, &counts);
  g_assert_true(counts.connected);
  g_assert_cmpuint(counts.connections, ==, 1);
  g_assert_cmpuint(counts.sent, ==, 5);
  g_assert_cmpuint(counts.unsent, ==, 0);
  end_pair(&p);
}

static void test_a_server_that_dies_and_comes_back(void) {
  pair p;
  if (!is_there())
    return;
  begin_pair(&p);
  stop_server(&p.s);
  expect(&p.a, "-");
  expect(&p.b, "-");
  give_order(&p.a, RJ_BUS_PUBLISH, "all", "to nobody");
  rj_nats_counts counts;
  rj_nats_bus_counts(p.a.driver, &counts);
  g_assert_false(counts.connected);
  g_assert_cmpuint(counts.unsent, ==, 1);
  start_server(&p.s);
  expect(&p.a, "+");
  expect(&p.b, "+");
  give_order(&p.b, RJ_BUS_SUBSCRIBE, "other", NULL); /* of the earlier subscriptions none is left */
  for (bool known = false; !known; g_usleep(1000)) {
    rj_bus_news news;
    give_order(&p.a, RJ_BUS_PUBLISH, "all", "x");
    give_order(&p.a, RJ_BUS_PUBLISH, "other", "y");
    known = p.b.driver->next(p.b.driver, &news);
    if (known)
      g_assert_cmpstr(news.subject, ==, "other");
  }
  end_pair(&p);
}

static void test_a_server_that_comes_late(void) {
  server s = {.port = free_port()};
  bus b;
  if (!is_there())
    return;
  make_bus(&b, &s, "");
  start_bus(&b);
  g_usleep(300 * 1000);
  expect_nothing(&b);
  start_server(&s);
  expect(&b, "+");
  end_bus(&b);
  stop_server(&s);
}

/* What is ordered before it stops leaves, and it can start again. */
static void test_stop_and_start(void) {
  pair p;
  if (!is_there())
    return;
  begin_pair(&p);
  give_order(&p.a, RJ_BUS_PUBLISH, "all", "bye");
  p.a.driver->stop(p.a.driver);
  int rings = atomic_load(&p.a.rings);
  expect(&p.b, "all:bye");
  give_order(&p.b, RJ_BUS_PUBLISH, "all", "unheard");
  start_bus(&p.a);
  expect(&p.a, "+");
  g_assert_cmpint(atomic_load(&p.a.rings), >, rings);
  expect_nothing(&p.a);
  end_pair(&p);
}

static void test_a_wrong_password(void) {
  server s = {.port = free_port(), .user = "edge", .password = "right-secret"};
  bus wrong, right;
  if (!is_there())
    return;
  start_server(&s);
  make_bus(&right, &s, "edge:right-secret@");
  start_bus(&right);
  expect(&right, "+");
  end_bus(&right);
  make_bus(&wrong, &s, "edge:wrong-secret@");
  start_bus(&wrong);
  g_usleep(2000 * 1000); /* some rounds */
  expect_nothing(&wrong);
  end_bus(&wrong);
  stop_server(&s);
  char *line =
      g_strdup_printf("cluster test: nats://127.0.0.1:%d: Authorization Violation", s.port);
  const char *first = strstr(logged->str, line);
  g_assert_nonnull(first);
  g_assert_null(strstr(first + 1, line)); /* once per change */
  g_assert_null(strstr(logged->str, "secret"));
  g_free(line);
}

/* A reader that stands still loses what is beyond the bounds, and is told how much. */
static void test_a_flood_is_bounded(void) {
  enum { MANY = 100000, BATCH = 1000 };
  pair p;
  rj_nats_counts from, to;
  rj_bus_news news;
  if (!is_there())
    return;
  begin_pair(&p);
  rj_nats_bus_counts(p.a.driver, &from);
  rj_nats_bus_counts(p.b.driver, &to);
  uint64_t before = from.sent, heard = to.received;
  for (int sent = 0; sent < MANY; sent += BATCH) {
    for (int i = 0; i < BATCH; i++)
      give_order(&p.a, RJ_BUS_PUBLISH, "all", "flood");
    do {
      g_usleep(1000);
      rj_nats_bus_counts(p.a.driver, &from);
    } while (from.sent + from.unsent < before + (uint64_t)sent + BATCH);
  }
  g_assert_cmpuint(from.unsent, ==, 0);
  for (int i = 0; i < 20000; i++) {
    rj_nats_bus_counts(p.b.driver, &to);
    if (to.received >= heard + MANY)
      break;
    g_usleep(1000);
  }
  g_assert_cmpuint(to.unread, >, 0);
  int read = 0;
  while (p.b.driver->next(p.b.driver, &news))
    read++;
  g_assert_cmpuint((uint64_t)read + to.unread, ==, MANY);
  end_pair(&p);
}

static void test_urls_are_shown_without_secrets(void) {
  static const char *const cases[][2] = {
      {"nats://host:4222", "nats://host:4222"},
      {"nats://user:pass@host", "nats://host"},
      {"tls://token@[::1]:4222", "tls://[::1]:4222"},
      {"nats://user:p@ss@host", "nats://host"},
      {"user:pass@host", "host"},
      {"", ""},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
    char *shown = rj_nats_shown_url(cases[i][0]);
    g_assert_cmpstr(shown, ==, cases[i][1]);
    g_free(shown);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_log_set_always_fatal(G_LOG_FATAL_MASK); /* warnings are part of the story */
  logged = g_string_new(NULL);
  g_log_set_writer_func(keep, NULL, NULL);
  g_test_add_func("/nats-bus/messages", test_messages);
  g_test_add_func("/nats-bus/restart", test_a_server_that_dies_and_comes_back);
  g_test_add_func("/nats-bus/late", test_a_server_that_comes_late);
  g_test_add_func("/nats-bus/stop", test_stop_and_start);
  g_test_add_func("/nats-bus/password", test_a_wrong_password);
  g_test_add_func("/nats-bus/flood", test_a_flood_is_bounded);
  g_test_add_func("/nats-bus/shown", test_urls_are_shown_without_secrets);
  int failed = g_test_run();
  g_string_free(logged, TRUE);
  return failed;
}
