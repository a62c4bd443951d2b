/* The bus of an edge on a real loop, by a driver that the test plays. */
#define _GNU_SOURCE
#include <glib.h>
#include <pthread.h>
#include <string.h>

#include "host/fake_cluster.h"

/* GLib's own threads hand over their things by futexes that the thread sanitizer does not see. */
__attribute__((visibility("default"))) const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void) {
  return "called_from_lib:libglib-2.0.so\ncalled_from_lib:libgio-2.0.so\n"
         "race:libgobject-2.0.so\ndeadlock:libgobject-2.0.so\n";
}

typedef struct {
  rj_bus_driver base; /* first */
  pthread_mutex_t lock;
  GQueue news;      /* of char *: "+", "-" or a message's text */
  char *borrowed;   /* of the news that were taken last */
  GString *ordered; /* a word each */
  void (*ready)(void *user);
  void *user;
  int starts, stops;
} driver;

static void start(rj_bus_driver *base, void (*ready)(void *user), void *user) {
  driver *d = (driver *)base;
  pthread_mutex_lock(&d->lock);
  d->ready = ready;
  d->user = user;
  d->starts++;
  pthread_mutex_unlock(&d->lock);
}

static void order(rj_bus_driver *base, const rj_bus_order *o) {
  static const char *const kinds[] = {"publish", "subscribe", "unsubscribe"};
  driver *d = (driver *)base;
  pthread_mutex_lock(&d->lock);
  g_string_append_printf(d->ordered, "%s%s/%s/%.*s", d->ordered->len == 0 ? "" : " ",
                         kinds[o->kind], o->subject, (int)o->length, (const char *)o->data);
  pthread_mutex_unlock(&d->lock);
}

static bool next(rj_bus_driver *base, rj_bus_news *out) {
  driver *d = (driver *)base;
  pthread_mutex_lock(&d->lock);
  g_free(d->borrowed);
  char *word = d->borrowed = (char *)g_queue_pop_head(&d->news);
  pthread_mutex_unlock(&d->lock);
  if (word == NULL)
    return false;
  *out = (rj_bus_news){.kind = RJ_BUS_MESSAGE,
                       .subject = "all",
                       .data = (const uint8_t *)word,
                       .length = strlen(word)};
  if (strcmp(word, "+") == 0)
    out->kind = RJ_BUS_CONNECTED;
  if (strcmp(word, "-") == 0)
    out->kind = RJ_BUS_DISCONNECTED;
  return true;
}

static void stop(rj_bus_driver *base) {
  driver *d = (driver *)base;
  pthread_mutex_lock(&d->lock);
  d->ready = NULL;
  d->stops++;
  pthread_mutex_unlock(&d->lock);
}

static driver *new_driver(void) {
  driver *d = g_new0(driver, 1);
  d->base = (rj_bus_driver){start, order, next, stop};
  d->ordered = g_string_new(NULL);
  pthread_mutex_init(&d->lock, NULL);
  return d;
}

static void free_driver(driver *d) {
  g_queue_clear_full(&d->news, g_free);
  g_free(d->borrowed);
  g_string_free(d->ordered, TRUE);
  pthread_mutex_destroy(&d->lock);
  g_free(d);
}

/* On any thread. */
static void bring(driver *d, const char *word) {
  pthread_mutex_lock(&d->lock);
  g_queue_push_tail(&d->news, g_strdup(word));
  if (d->ready != NULL)
    d->ready(d->user);
  pthread_mutex_unlock(&d->lock);
}

/* What the edge heard, without the times; waits until there are so many words. */
static char *wait_heard(stage *s, rj_host_server *edge, guint words) {
  GString *all = g_string_new(NULL);
  for (int i = 0; i < 6000 && words > 0; i++) {
    char *heard = fake_heard(s, edge);
    char **list = g_strsplit(heard, " ", -1);
    for (char **word = list; *word != NULL && **word != '\0'; word++) {
      char *at = strchr(*word, '@');
      g_string_append_printf(all, "%s%.*s", all->len == 0 ? "" : " ",
                             at == NULL ? (int)strlen(*word) : (int)(at - *word), *word);
      words--;
    }
    g_strfreev(list);
    g_free(heard);
    if (words > 0)
      g_usleep(1000);
  }
  return g_string_free(all, FALSE);
}

#define expect_heard(s, edge, words, text)                                                         \
  do {                                                                                             \
    char *heard_ = wait_heard(s, edge, words);                                                     \
    g_assert_cmpstr(heard_, ==, text);                                                             \
    g_free(heard_);                                                                                \
  } while (0)

static void wait_ordered(driver *d, const char *text) {
  char *got = NULL;
  for (int i = 0; i < 6000; i++) {
    g_free(got);
    pthread_mutex_lock(&d->lock);
    got = g_strdup(d->ordered->str);
    pthread_mutex_unlock(&d->lock);
    if (strcmp(got, text) == 0)
      break;
    g_usleep(1000);
  }
  g_assert_cmpstr(got, ==, text);
  g_free(got);
  g_string_truncate(d->ordered, 0);
}

static void test_orders_go_out_and_news_come_in(void) {
  stage *s = stage_new(false, 0);
  driver *d = new_driver();
  rj_host_server *edge = fake_edge_with(s, "home", &d->base);
  bring(d, "+");
  expect_heard(s, edge, 1, "+");
  fake_order(s, edge, RJ_BUS_SUBSCRIBE, "all", NULL);
  fake_order(s, edge, RJ_BUS_PUBLISH, "all", "hello");
  wait_ordered(d, "subscribe/all/ publish/all/hello");
  bring(d, "one");
  bring(d, "two");
  bring(d, "-");
  bring(d, "-"); /* once is enough */
  bring(d, "+");
  bring(d, "+"); /* another connection: the first was lost */
  expect_heard(s, edge, 6, "all:one all:two - + - +");
  stage_free(s);
  g_assert_cmpint(d->starts, ==, 1);
  g_assert_cmpint(d->stops, ==, 1);
  free_driver(d);
}

/* More than one turn takes. */
static void test_a_flood_comes_whole(void) {
  enum { MANY = 1000 };
  stage *s = stage_new(false, 0);
  driver *d = new_driver();
  rj_host_server *edge = fake_edge_with(s, "home", &d->base);
  pthread_mutex_lock(&d->lock);
  for (int i = 0; i < MANY; i++)
    g_queue_push_tail(&d->news, g_strdup("x"));
  d->ready(d->user); /* once for all */
  pthread_mutex_unlock(&d->lock);
  char *heard = wait_heard(s, edge, MANY);
  g_assert_cmpuint(strlen(heard), ==, MANY * strlen("all:x ") - 1);
  g_free(heard);
  stage_free(s);
  free_driver(d);
}

static void test_a_restart_starts_the_driver_anew(void) {
  stage *s = stage_new(false, 0);
  driver *d = new_driver();
  rj_host_server *edge = fake_edge_with(s, "home", &d->base);
  bring(d, "+");
  expect_heard(s, edge, 1, "+");
  rj_host_enter(s->host);
  rj_host_server_crash(edge);
  rj_host_leave(s->host);
  g_assert_cmpint(d->stops, ==, 1);
  bring(d, "late"); /* what a driver brings too late does no harm */
  char error[RJ_HOST_ERROR_SIZE] = "";
  rj_host_enter(s->host);
  int32_t status = rj_host_server_restart(edge, error);
  rj_host_leave(s->host);
  g_assert_cmpint(status, ==, STATUS_OK);
  g_assert_cmpint(d->starts, ==, 2);
  bring(d, "+");
  expect_heard(s, edge, 2, "all:late +");
  stage_free(s);
  free_driver(d);
}

static void test_only_a_simulated_bus_has_faults(void) {
  char error[RJ_HOST_ERROR_SIZE] = "";
  stage *s = stage_new(false, 0);
  rj_host_server *edge = fake_edge(s, "home"); /* no driver: it stays alone */
  fake_order(s, edge, RJ_BUS_PUBLISH, "all", "to nobody");
  int64_t now = rj_host_enter(s->host);
  int32_t status = rj_host_server_set_bus_faults(edge, NULL, now, error);
  rj_host_leave(s->host);
  g_assert_cmpint(status, ==, STATUS_NOT_SUPPORTED);
  g_assert_nonnull(strstr(error, "simulated"));
  stage_free(s);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/loop-bus/both-ways", test_orders_go_out_and_news_come_in);
  g_test_add_func("/loop-bus/flood", test_a_flood_comes_whole);
  g_test_add_func("/loop-bus/restart", test_a_restart_starts_the_driver_anew);
  g_test_add_func("/loop-bus/faults", test_only_a_simulated_bus_has_faults);
  return g_test_run();
}
