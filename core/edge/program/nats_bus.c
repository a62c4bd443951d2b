/* The bus of a cluster over nats-server.
 *
 * Two queues stand between the edge's loop, which never waits, and libnats, which may: orders, that a thread of this bus's own
 * carries out, and news, that libnats' threads bring. Both are bounded; what finds no room is lost and counted, and the digests
 * of the cluster repair it. The same thread connects, and does so again after each loss: libnats' own reconnection would keep
 * subscriptions that the edge makes anew, and would give up where a password is wrong for a while. */
#define G_LOG_DOMAIN         "rejoin-edge"
#define G_LOG_USE_STRUCTURED 1
#include "edge/program/nats_bus.h"

#include <glib.h>
#include <nats/nats.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/random.h"
#include "base/time.h"
#include "edge/program/nats_options.h"

enum {
  QUEUE_MAX = 1 << 16,        /* orders, and news; beyond: lost */
  QUEUE_BYTES_MAX = 64 << 20, /* of each queue; beyond: lost */
  LAST_FLUSH = 500,           /* ms, for what was ordered before a stop */
  CLOSE_TIMEOUT = 5,          /* s, for libnats to be done */
};
#define WAIT_FIRST                                                                                 \
  (100 * RJ_MILLISECOND) /* before another round over the servers; doubled each time */
#define WAIT_MOST (5 * RJ_SECOND)

/* An order, or news. */
typedef struct {
  int kind; /* rj_bus_order_kind or rj_bus_news_kind */
  size_t length;
  char subject[RJ_BUS_SUBJECT_MAX + 1];
  uint8_t data[];
} letter;

typedef struct {
  GQueue letters;
  size_t bytes;
} queue;

typedef struct {
  rj_bus_driver base; /* first */
  rj_nats_options options;
  guint server_count;
  GThread *thread;
  letter *read; /* by the host last; the host's */

  pthread_mutex_t lock; /* of all up to the thread's part */
  pthread_cond_t changed;
  bool quitting;
  bool wanted;
  uint64_t wish; /* counts starts and stops: a connection serves one wish */
  void (*ready)(void *user);
  void *user;
  queue orders, news;
  natsConnection *connection; /* that orders go to and news come from; NULL: none */
  bool lost;                  /* … and libnats says that it is over */
  int calling;                /* connections and subscriptions of which libnats may still call */
  rj_nats_counts counts;

  /* the thread's */
  rj_random random;
  guint next_server;
  GHashTable *subscriptions; /* natsSubscription by subject */
  char *told;                /* what the log says of the connection now */
} nats_bus;

static nats_bus *bus_of(rj_bus_driver *driver) {
  return (nats_bus *)(void *)driver;
}

/* ------------------------------------------------------------------ queues; under the lock */

/* False: there is no room. */
static bool put(queue *q, int kind, const char *subject, const void *data, size_t length) {
  if (q->letters.length >= QUEUE_MAX || q->bytes + length > QUEUE_BYTES_MAX)
    return false;
  letter *l = g_malloc(sizeof *l + length);
  l->kind = kind;
  l->length = length;
  g_strlcpy(l->subject, subject, sizeof l->subject);
  if (length > 0)
    memcpy(l->data, data, length);
  g_queue_push_tail(&q->letters, l);
  q->bytes += length;
  return true;
}

/* The oldest one, the caller's; NULL: none. */
static letter *take(queue *q) {
  letter *l = (letter *)g_queue_pop_head(&q->letters);
  if (l != NULL)
    q->bytes -= l->length;
  return l;
}

static void clear(queue *q) {
  g_queue_clear_full(&q->letters, g_free);
  q->bytes = 0;
}

static void tell(nats_bus *bus, int kind, const char *subject, const void *data, size_t length) {
  if (bus->ready == NULL) /* stopped */
    return;
  if (!put(&bus->news, kind, subject, data, length)) {
    bus->counts.unread++;
    return;
  }
  bus->ready(bus->user);
}

/* Of the connection, which must get through: what waits of the one before is of no use any more. */
static void tell_connection(nats_bus *bus, rj_bus_news_kind kind) {
  clear(&bus->news);
  tell(bus, (int)kind, "", NULL, 0);
}

/* ------------------------------------------------------------------ the driver's functions */

static void start(rj_bus_driver *driver, void (*ready)(void *user), void *user) {
  nats_bus *bus = bus_of(driver);
  pthread_mutex_lock(&bus->lock);
  bus->ready = ready;
  bus->user = user;
  bus->wanted = true;
  bus->wish++;
  pthread_cond_signal(&bus->changed);
  pthread_mutex_unlock(&bus->lock);
}

static void stop(rj_bus_driver *driver) {
  nats_bus *bus = bus_of(driver);
  pthread_mutex_lock(&bus->lock);
  bus->ready = NULL;
  bus->wanted = false;
  bus->wish++;
  clear(&bus->news);
  pthread_cond_signal(&bus->changed);
  pthread_mutex_unlock(&bus->lock);
}

static void order(rj_bus_driver *driver, const rj_bus_order *what) {
  nats_bus *bus = bus_of(driver);
  pthread_mutex_lock(&bus->lock);
  if (bus->connection == NULL || bus->lost ||
      !put(&bus->orders, (int)what->kind, what->subject, what->data, what->length))
    bus->counts.unsent++;
  else if (bus->orders.letters.length == 1)
    pthread_cond_signal(&bus->changed);
  pthread_mutex_unlock(&bus->lock);
}

static bool next(rj_bus_driver *driver, rj_bus_news *out) {
  nats_bus *bus = bus_of(driver);
  g_free(bus->read);
  pthread_mutex_lock(&bus->lock);
  const letter *l = bus->read = take(&bus->news);
  pthread_mutex_unlock(&bus->lock);
  if (l == NULL)
    return false;
  *out = (rj_bus_news){.kind = (rj_bus_news_kind)l->kind,
                       .subject = l->subject,
                       .data = l->data,
                       .length = l->length};
  return true;
}

/* ------------------------------------------------------------------ what libnats calls, on its threads */

static void on_message(natsConnection *connection, natsSubscription *subscription, natsMsg *message,
                       void *user) {
  nats_bus *bus = (nats_bus *)user;
  const char *subject = natsMsg_GetSubject(message);
  size_t length = (size_t)natsMsg_GetDataLength(message);
  (void)subscription;
  pthread_mutex_lock(&bus->lock);
  if (connection == bus->connection) { /* else it is of an earlier one */
    bus->counts.received++;
    if (length > RJ_BUS_MESSAGE_MAX)
      length = 0; /* the edge refuses and counts it like the longer one, which takes no room here */
    if (strlen(subject) <= RJ_BUS_SUBJECT_MAX)
      tell(bus, RJ_BUS_MESSAGE, subject, natsMsg_GetData(message), length);
    else
      bus->counts.unread++;
  }
  pthread_mutex_unlock(&bus->lock);
  natsMsg_Destroy(message);
}

static void change_calling(nats_bus *bus, int by) {
  pthread_mutex_lock(&bus->lock);
  bus->calling += by;
  pthread_cond_signal(&bus->changed);
  pthread_mutex_unlock(&bus->lock);
}

/* The last call of a connection, however it ends. */
static void on_closed(natsConnection *connection, void *user) {
  nats_bus *bus = (nats_bus *)user;
  pthread_mutex_lock(&bus->lock);
  if (connection == bus->connection)
    bus->lost = true;
  pthread_mutex_unlock(&bus->lock);
  change_calling(bus, -1);
}

/* The last call of a subscription. */
static void on_complete(void *user) {
  change_calling((nats_bus *)user, -1);
}

static void on_error(natsConnection *connection, natsSubscription *subscription, natsStatus status,
                     void *user) {
  nats_bus *bus = (nats_bus *)user;
  const char *text = NULL;
  (void)subscription;
  if (status == NATS_SLOW_CONSUMER) {
    pthread_mutex_lock(&bus->lock);
    bus->counts.unread++;
    pthread_mutex_unlock(&bus->lock);
    return;
  }
  if (natsConnection_GetLastError(connection, &text) == NATS_OK || text == NULL)
    text = natsStatus_GetText(status);
  g_warning("cluster %s: nats-server complains: %s", bus->options.name, text);
}

/* ------------------------------------------------------------------ connecting, on the bus's thread */

/* NULL: *why, the caller's, says why. */
static natsConnection *try_server(nats_bus *bus, const char *url, char **why) {
  natsOptions *options = NULL;
  natsConnection *connection = NULL;
  natsStatus s = natsOptions_Create(&options);
  if (s == NATS_OK)
    s = rj_nats_options_set(options, &bus->options, url);
  if (s == NATS_OK)
    s = natsOptions_SetClosedCB(options, on_closed, bus);
  if (s == NATS_OK)
    s = natsOptions_SetErrorHandler(options, on_error, bus);
  if (s == NATS_OK)
    s = natsConnection_Connect(&connection, options);
  if (s == NATS_OK) {
    change_calling(bus, 1);
  } else {
    char *shown = rj_nats_shown_url(url);
    *why = g_strdup_printf("%s: %s", shown, rj_nats_words(s));
    g_free(shown);
  }
  natsOptions_Destroy(options);
  return connection;
}

/* Logged where it is something else than the last time. */
static void tell_log(nats_bus *bus, bool good, char *text) {
  if (g_strcmp0(bus->told, text) == 0) {
    g_free(text);
    return;
  }
  g_free(bus->told);
  bus->told = text;
  if (good)
    g_message("cluster %s: %s", bus->options.name, text);
  else
    g_warning("cluster %s: %s", bus->options.name, text);
}

/* One round over the servers; NULL: none took us. */
static natsConnection *try_servers(nats_bus *bus) {
  GString *reasons = g_string_new(NULL);
  natsConnection *connection = NULL;
  for (guint i = 0; i < bus->server_count && connection == NULL; i++) {
    guint number = (bus->next_server + i) % bus->server_count;
    const char *url = bus->options.servers[number];
    char *why = NULL;
    connection = try_server(bus, url, &why);
    if (connection != NULL) {
      bus->next_server = number;
      char *shown = rj_nats_shown_url(url);
      tell_log(bus, true, g_strdup_printf("connected to %s", shown));
      g_free(shown);
    } else {
      g_string_append_printf(reasons, "%s%s", reasons->len == 0 ? "" : "; ", why);
    }
    g_free(why);
  }
  if (connection == NULL)
    tell_log(bus, false,
             g_strdup_printf("%s. This edge serves alone, and keeps trying", reasons->str));
  g_string_free(reasons, TRUE);
  return connection;
}

/* ------------------------------------------------------------------ serving, on the bus's thread */

static void destroy_subscription(void *subscription) {
  natsSubscription_Destroy((natsSubscription *)subscription);
}

static void carry_out(nats_bus *bus, natsConnection *connection, const letter *l) {
  natsSubscription *subscription = NULL;
  natsStatus s = NATS_OK;
  switch ((rj_bus_order_kind)l->kind) {
  case RJ_BUS_PUBLISH:
    s = natsConnection_Publish(connection, l->subject, l->data, (int)l->length);
    break;
  case RJ_BUS_SUBSCRIBE:
    if (g_hash_table_contains(bus->subscriptions, l->subject))
      break;
    s = natsConnection_Subscribe(&subscription, connection, l->subject, on_message, bus);
    if (s == NATS_OK) {
      change_calling(bus, 1);
      if (natsSubscription_SetOnCompleteCB(subscription, on_complete, bus) != NATS_OK)
        change_calling(bus, -1); /* it is closed already, and its connection with it */
      g_hash_table_insert(bus->subscriptions, g_strdup(l->subject), subscription);
    }
    break;
  case RJ_BUS_UNSUBSCRIBE:
    g_hash_table_remove(bus->subscriptions, l->subject);
    break;
  }
  pthread_mutex_lock(&bus->lock);
  if (s != NATS_OK)
    bus->counts.unsent++;
  else
    bus->counts.sent += l->kind == RJ_BUS_PUBLISH;
  pthread_mutex_unlock(&bus->lock);
}

/* Orders until nothing more is to be done over this connection; with the lock, which it gives away meanwhile. */
static void carry_out_all(nats_bus *bus, natsConnection *connection, uint64_t wish) {
  for (;;) {
    letter *l = bus->lost ? NULL : take(&bus->orders);
    if (l == NULL) {
      if (bus->lost || bus->quitting || bus->wish != wish)
        return; /* after what was ordered before a stop */
      pthread_cond_wait(&bus->changed, &bus->lock);
      continue;
    }
    pthread_mutex_unlock(&bus->lock);
    carry_out(bus, connection, l);
    g_free(l);
    pthread_mutex_lock(&bus->lock);
  }
}

/* From its first moment to its last; with the lock, which it gives away meanwhile. */
static void serve(nats_bus *bus, natsConnection *connection, uint64_t wish) {
  bus->connection = connection;
  bus->lost = natsConnection_IsClosed(connection);
  bus->counts.connected = true;
  bus->counts.connections++;
  tell_connection(bus, RJ_BUS_CONNECTED);
  carry_out_all(bus, connection, wish);
  bool lost = bus->lost;
  clear(&bus->orders);
  bus->connection = NULL;
  bus->counts.connected = false;
  if (bus->wish == wish)
    tell_connection(bus, RJ_BUS_DISCONNECTED);
  pthread_mutex_unlock(&bus->lock);
  if (lost) {
    char *shown = rj_nats_shown_url(bus->options.servers[bus->next_server]);
    tell_log(bus, false, g_strdup_printf("the connection to %s is lost. Members stay", shown));
    g_free(shown);
  } else {
    (void)natsConnection_FlushTimeout(connection, LAST_FLUSH);
  }
  g_hash_table_remove_all(bus->subscriptions);
  natsConnection_Destroy(connection);
  pthread_mutex_lock(&bus->lock);
}

/* Up to a time of the realtime clock, unless there is another wish; with the lock. */
static void wait_for_round(nats_bus *bus, int64_t wait, uint64_t wish) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  int64_t ns = until.tv_nsec + wait;
  until.tv_sec += (time_t)(ns / RJ_SECOND);
  until.tv_nsec = (long)(ns % RJ_SECOND);
  while (!bus->quitting && bus->wish == wish &&
         pthread_cond_timedwait(&bus->changed, &bus->lock, &until) == 0)
    continue;
}

/* 50 to 100 % of it, so that edges do not come back as one. */
static int64_t jittered(nats_bus *bus, int64_t wait) {
  return wait / 2 + (int64_t)rj_random_below(&bus->random, (uint64_t)wait / 2 + 1);
}

static gpointer run(gpointer data) {
  nats_bus *bus = (nats_bus *)data;
  int64_t wait = WAIT_FIRST;
  pthread_mutex_lock(&bus->lock);
  while (!bus->quitting) {
    if (!bus->wanted) {
      pthread_cond_wait(&bus->changed, &bus->lock);
      continue;
    }
    uint64_t wish = bus->wish;
    pthread_mutex_unlock(&bus->lock);
    natsConnection *connection = try_servers(bus);
    pthread_mutex_lock(&bus->lock);
    if (connection != NULL) {
      int64_t began = g_get_monotonic_time();
      serve(bus, connection, wish);
      if ((g_get_monotonic_time() - began) * RJ_MICROSECOND > WAIT_MOST)
        wait = WAIT_FIRST;
      bus->next_server = (bus->next_server + 1) % bus->server_count;
    }
    if (bus->wanted && bus->wish == wish)
      wait_for_round(bus, jittered(bus, wait), wish);
    wait = MIN(2 * wait, WAIT_MOST);
  }
  pthread_mutex_unlock(&bus->lock);
  return NULL;
}

/* ------------------------------------------------------------------ life */

bool rj_nats_is_built_in(void) {
  return true;
}

rj_bus_driver *rj_nats_bus_new(const rj_nats_options *options) {
  nats_bus *bus = g_new0(nats_bus, 1);
  bus->base = (rj_bus_driver){start, order, next, stop};
  bus->options = *options;
  while (options->servers[bus->server_count] != NULL)
    bus->server_count++;
  g_assert(bus->server_count > 0);
  rj_random_seed(&bus->random, (uint64_t)g_random_int() << 32 | g_random_int());
  bus->next_server = (guint)rj_random_below(&bus->random, bus->server_count);
  bus->subscriptions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, destroy_subscription);
  pthread_mutex_init(&bus->lock, NULL);
  pthread_cond_init(&bus->changed, NULL);
  bus->thread = g_thread_new("rejoin-bus", run, bus);
  return &bus->base;
}

void rj_nats_bus_free(rj_bus_driver *driver) {
  if (driver == NULL)
    return;
  nats_bus *bus = bus_of(driver);
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += CLOSE_TIMEOUT;
  pthread_mutex_lock(&bus->lock);
  bus->quitting = true;
  pthread_cond_signal(&bus->changed);
  pthread_mutex_unlock(&bus->lock);
  g_thread_join(bus->thread);
  pthread_mutex_lock(&bus->lock);
  while (bus->calling > 0 && pthread_cond_timedwait(&bus->changed, &bus->lock, &until) == 0)
    continue;
  bool done = bus->calling == 0;
  pthread_mutex_unlock(&bus->lock);
  if (!done)
    return; /* libnats may still call: better lost than freed */
  clear(&bus->orders);
  clear(&bus->news);
  g_free(bus->read);
  g_free(bus->told);
  g_hash_table_destroy(bus->subscriptions);
  pthread_mutex_destroy(&bus->lock);
  pthread_cond_destroy(&bus->changed);
  g_free(bus);
}

void rj_nats_bus_counts(rj_bus_driver *driver, rj_nats_counts *out) {
  nats_bus *bus = bus_of(driver);
  pthread_mutex_lock(&bus->lock);
  *out = bus->counts;
  pthread_mutex_unlock(&bus->lock);
}
