/* The queue of events and its delivery: one batch at a time, the same bytes until it arrived, so that the
 * order holds and a receiver can tell what it had already. */
#include "edge/program/http/webhooks.h"

#include <gio/gio.h>
#include <inttypes.h>
#include <libsoup/soup.h>
#include <string.h>

#include "base/time.h"
#include "edge/program/http/event_text.h"
#include "edge/program/http/limits.h"
#include "edge/program/http/secret_file.h"
#include "edge/program/http/signature.h"
#include "edge/program/http/user_numbers.h"
#include "edge/program/nearest.h"

static const char default_events[] =
    "joined,rejoined,left,dropped,removed,replaced,moved,channel_opened,channel_closed";

struct rj_webhooks {
  GUri *uri;
  char *secret;
  uint64_t run;
  bool wanted[RJ_OBSERVED_KINDS];
  rj_user_numbers *numbers;
  GQueue queue; /* char *: the JSON of each event, oldest first */
  rj_webhook_counts counts;

  /* the delivery under way; body NULL: none */
  char *body;
  gsize length;
  guint events; /* in it */
  uint64_t deliveries;
  unsigned tries;
  GSource *retry; /* NULL: none */

  SoupSession *session; /* NULL: not started */
  GCancellable *cancel;
};

/* ------------------------------------------------------------------ the config */

static bool take_url(rj_webhooks *webhooks, const char *url, char **error) {
  GError *why = NULL;
  webhooks->uri = g_uri_parse(url, SOUP_HTTP_URI_FLAGS, &why);
  const char *scheme = webhooks->uri != NULL ? g_uri_get_scheme(webhooks->uri) : "";
  g_clear_error(&why);
  if (webhooks->uri != NULL && g_uri_get_host(webhooks->uri) != NULL &&
      *g_uri_get_host(webhooks->uri) != '\0' &&
      (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0))
    return true;
  /* not shown: a URL may carry a password */
  *error = g_strdup("[webhooks] url is no http:// or https:// URL");
  return false;
}

static bool may_be_wanted(rj_observed kind) {
  return kind != RJ_OBSERVED_DRAINS && kind != RJ_OBSERVED_HOSTILE;
}

static bool take_event(rj_webhooks *webhooks, const char *name, char **error) {
  const char *names[RJ_OBSERVED_KINDS];
  size_t count = 0;
  rj_observed kind = rj_http_event_kind(name);
  if (kind < RJ_OBSERVED_KINDS && may_be_wanted(kind)) {
    webhooks->wanted[kind] = true;
    return true;
  }
  for (int k = 0; k < RJ_OBSERVED_KINDS; k++) {
    if (may_be_wanted((rj_observed)k))
      names[count++] = rj_http_event_name((rj_observed)k);
  }
  const char *nearest = rj_program_nearest(name, names, count);
  *error = nearest != NULL
               ? g_strdup_printf("[webhooks] events: there is no event \"%s\"; did you mean "
                                 "\"%s\"?",
                                 name, nearest)
               : g_strdup_printf("[webhooks] events: there is no event \"%s\"; the default is %s",
                                 name, default_events);
  return false;
}

static bool take_events(rj_webhooks *webhooks, const char *events, char **error) {
  char **names = g_strsplit(events != NULL ? events : default_events, ",", -1);
  bool all = true;
  for (size_t i = 0; all && names[i] != NULL; i++)
    all = take_event(webhooks, g_strstrip(names[i]), error);
  g_strfreev(names);
  return all;
}

static bool take_secret(rj_webhooks *webhooks, const char *path, char **error) {
  if (path == NULL)
    *error = g_strdup("[webhooks] url is given without secret_file, which deliveries are signed "
                      "with");
  else
    webhooks->secret = rj_http_secret_read(path, error);
  return webhooks->secret != NULL;
}

rj_webhooks *rj_webhooks_new(const char *url, const char *secret_file, const char *events,
                             uint64_t run, char **error) {
  rj_webhooks *webhooks = g_new0(rj_webhooks, 1);
  webhooks->run = run;
  webhooks->numbers = rj_user_numbers_new(RJ_HTTP_WEBHOOK_USERS);
  g_queue_init(&webhooks->queue);
  if (take_url(webhooks, url, error) && take_secret(webhooks, secret_file, error) &&
      take_events(webhooks, events, error))
    return webhooks;
  rj_webhooks_free(webhooks);
  return NULL;
}

void rj_webhooks_free(rj_webhooks *webhooks) {
  if (webhooks == NULL)
    return;
  g_assert(webhooks->session == NULL);
  if (webhooks->uri != NULL)
    g_uri_unref(webhooks->uri);
  g_queue_clear_full(&webhooks->queue, g_free);
  rj_user_numbers_free(webhooks->numbers);
  rj_http_secret_free(webhooks->secret);
  g_free(webhooks->body);
  g_free(webhooks);
}

/* ------------------------------------------------------------------ delivery */

static void go_on(rj_webhooks *webhooks);

/* Takes the oldest events into one body. */
static void make_body(rj_webhooks *webhooks) {
  rj_json json = {.out = g_string_new(NULL)};
  char id[48];
  g_snprintf(id, sizeof id, "%016" PRIx64 "-%" PRIu64, webhooks->run, ++webhooks->deliveries);
  rj_json_begin(&json, NULL, '{');
  rj_json_text(&json, "delivery", id);
  rj_json_id(&json, "run", webhooks->run);
  rj_json_begin(&json, "events", '[');
  webhooks->events = 0;
  while (webhooks->events < RJ_HTTP_WEBHOOK_BATCH && webhooks->queue.length > 0) {
    char *event = g_queue_pop_head(&webhooks->queue);
    rj_json_raw(&json, NULL, event);
    g_free(event);
    webhooks->events++;
  }
  rj_json_end(&json, ']');
  rj_json_end(&json, '}');
  webhooks->length = json.out->len;
  webhooks->body = g_string_free(json.out, FALSE);
  webhooks->tries = 0;
}

static gboolean try_again(gpointer data) {
  rj_webhooks *webhooks = data;
  g_clear_pointer(&webhooks->retry, g_source_unref);
  go_on(webhooks);
  return G_SOURCE_REMOVE;
}

/* Twice as long each time, and anywhere in the second half of it, so that many edges do not come together. */
static guint backoff_ms(const rj_webhooks *webhooks) {
  guint whole = RJ_HTTP_WEBHOOK_BACKOFF_MS;
  for (unsigned i = 1; i < webhooks->tries && whole < RJ_HTTP_WEBHOOK_BACKOFF_MAX_MS; i++)
    whole *= 2;
  whole = MIN(whole, RJ_HTTP_WEBHOOK_BACKOFF_MAX_MS);
  return whole / 2 + (guint)g_random_int_range(0, (gint32)(whole / 2));
}

static void fail(rj_webhooks *webhooks, const char *why) {
  webhooks->counts.failed++;
  webhooks->tries++;
  if (webhooks->tries == 1)
    g_warning("webhooks: %s: %s; trying again", g_uri_get_host(webhooks->uri), why);
  webhooks->retry = g_timeout_source_new(backoff_ms(webhooks));
  g_source_set_callback(webhooks->retry, try_again, webhooks, NULL);
  g_source_attach(webhooks->retry, g_main_context_get_thread_default());
}

typedef struct {
  rj_webhooks *webhooks;
  SoupMessage *message;
  GSource *too_late;
  GCancellable *cancel;
} attempt;

static gboolean give_up(gpointer data) {
  g_cancellable_cancel(((attempt *)data)->cancel);
  return G_SOURCE_CONTINUE; /* the attempt ends it */
}

static void end_attempt(attempt *a) {
  g_source_destroy(a->too_late);
  g_source_unref(a->too_late);
  g_object_unref(a->message);
  g_object_unref(a->cancel);
  g_free(a);
}

static void answered(GObject *session, GAsyncResult *result, gpointer data) {
  attempt *a = data;
  rj_webhooks *webhooks = a->webhooks;
  GError *why = NULL;
  /* the answer's body is nothing to us: its stream is closed unread */
  GInputStream *body = soup_session_send_finish(SOUP_SESSION(session), result, &why);
  guint status = body != NULL ? soup_message_get_status(a->message) : 0;
  bool is_stopped = webhooks->session == NULL;
  g_clear_object(&body);
  end_attempt(a);
  if (is_stopped) {
    g_clear_error(&why);
    return;
  }
  if (status >= 200 && status < 300) {
    webhooks->counts.delivered += webhooks->events;
    g_clear_pointer(&webhooks->body, g_free);
    go_on(webhooks);
  } else if (why != NULL) {
    fail(webhooks, g_error_matches(why, G_IO_ERROR, G_IO_ERROR_CANCELLED) ? "no answer in time"
                                                                          : why->message);
  } else {
    char *text = g_strdup_printf("it answers %u", status);
    fail(webhooks, text);
    g_free(text);
  }
  g_clear_error(&why);
}

static void send_body(rj_webhooks *webhooks) {
  attempt *a = g_new0(attempt, 1);
  a->webhooks = webhooks;
  a->message = soup_message_new_from_uri("POST", webhooks->uri);
  a->cancel = g_cancellable_new();
  a->too_late = g_timeout_source_new_seconds(RJ_HTTP_WEBHOOK_SECONDS);
  g_source_set_callback(a->too_late, give_up, a, NULL);
  g_source_attach(a->too_late, g_main_context_get_thread_default());
  char *signature = rj_http_signature(webhooks->secret, g_get_real_time() / G_USEC_PER_SEC,
                                      webhooks->body, webhooks->length);
  char id[48];
  g_snprintf(id, sizeof id, "%016" PRIx64 "-%" PRIu64, webhooks->run, webhooks->deliveries);
  SoupMessageHeaders *headers = soup_message_get_request_headers(a->message);
  soup_message_headers_replace(headers, "Rejoin-Signature", signature);
  soup_message_headers_replace(headers, "Idempotency-Key", id);
  GBytes *bytes = g_bytes_new(webhooks->body, webhooks->length);
  soup_message_set_request_body_from_bytes(a->message, "application/json", bytes);
  soup_message_set_flags(a->message, SOUP_MESSAGE_NO_REDIRECT);
  g_clear_object(&webhooks->cancel);
  webhooks->cancel = g_object_ref(a->cancel);
  soup_session_send_async(webhooks->session, a->message, G_PRIORITY_DEFAULT, a->cancel, answered,
                          a);
  g_bytes_unref(bytes);
  g_free(signature);
}

/* What is next: the delivery under way once more, or a new one. */
static void go_on(rj_webhooks *webhooks) {
  if (webhooks->body == NULL && webhooks->queue.length > 0)
    make_body(webhooks);
  if (webhooks->body != NULL)
    send_body(webhooks);
}

void rj_webhooks_start(rj_webhooks *webhooks) {
  webhooks->session = soup_session_new_with_options("proxy-resolver", NULL, "user-agent",
                                                    "rejoin-edge", "max-conns", 1, NULL);
  go_on(webhooks);
}

void rj_webhooks_stop(rj_webhooks *webhooks) {
  SoupSession *session = webhooks->session;
  size_t left = webhooks->queue.length + (webhooks->body != NULL ? webhooks->events : 0);
  if (left > 0)
    g_warning("webhooks: %zu events were not delivered before the end", left);
  webhooks->session = NULL;
  if (webhooks->retry != NULL) {
    g_source_destroy(webhooks->retry);
    g_clear_pointer(&webhooks->retry, g_source_unref);
  }
  if (webhooks->cancel != NULL)
    g_cancellable_cancel(webhooks->cancel);
  g_clear_object(&webhooks->cancel);
  soup_session_abort(session);
  g_object_unref(session);
}

/* ------------------------------------------------------------------ the queue */

void rj_webhooks_note(rj_webhooks *webhooks, const rj_http_observation *what, uint64_t number,
                      int64_t wall) {
  if (!webhooks->wanted[what->kind])
    return;
  uint64_t of_user =
      rj_user_numbers_next(webhooks->numbers, what->app_id, what->channel, what->uid);
  rj_json json = {.out = g_string_new(NULL)};
  rj_json_begin(&json, NULL, '{');
  rj_http_event_fields(&json, what, number, wall);
  rj_json_count(&json, "number", of_user);
  rj_json_end(&json, '}');
  g_queue_push_tail(&webhooks->queue, g_string_free(json.out, FALSE));
  if (webhooks->queue.length > RJ_HTTP_WEBHOOK_EVENTS) {
    g_free(g_queue_pop_head(&webhooks->queue));
    webhooks->counts.dropped++;
  }
  if (webhooks->session != NULL && webhooks->body == NULL)
    go_on(webhooks);
}

void rj_webhooks_note_lost(rj_webhooks *webhooks, uint64_t lost) {
  webhooks->counts.dropped += lost;
}

rj_webhook_counts rj_webhooks_counts(const rj_webhooks *webhooks) {
  rj_webhook_counts counts = webhooks->counts;
  counts.queued = webhooks->queue.length + (webhooks->body != NULL ? webhooks->events : 0);
  return counts;
}
