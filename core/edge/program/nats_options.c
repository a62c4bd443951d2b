/* How libnats is to connect to one server, and how what comes of it is worded: no password leaves here. */
#include "edge/program/nats_options.h"

#include <glib.h>
#include <string.h>

enum {
  CONNECT_TIMEOUT = 2000, /* ms, of one server */
  PING_EVERY = 2000,      /* ms */
  PINGS_OUT = 2,          /* unanswered: the connection is lost */
  WRITE_TIMEOUT = 2000,   /* ms */
};

char *rj_nats_shown_url(const char *url) {
  const char *host = strstr(url, "://"), *at = strrchr(url, '@');
  if (host == NULL || at == NULL)
    return g_strdup(at == NULL ? url : at + 1);
  return g_strdup_printf("%.*s%s", (int)(host + strlen("://") - url), url, at + 1);
}

/* "HOST" of "tls://user@HOST:4222" or "[::1]:4222". The caller's. */
static char *host_of(const char *url) {
  char *shown = rj_nats_shown_url(url);
  const char *host = strstr(shown, "://");
  host = host == NULL ? shown : host + strlen("://");
  const char *end = *host == '[' ? strchr(host, ']') : strchr(host, ':');
  if (*host == '[')
    host++;
  char *text = end == NULL ? g_strdup(host) : g_strndup(host, (gsize)(end - host));
  g_free(shown);
  return text;
}

/* A server may ask for TLS also where the url does not. */
static natsStatus set_tls(natsOptions *options, const rj_nats_options *given, const char *url) {
  bool needed =
      g_str_has_prefix(url, "tls://") || given->ca_file != NULL || given->certificate != NULL;
  char *host = host_of(url);
  natsStatus s = natsOptions_SetExpectedHostname(options, host);
  if (s == NATS_OK)
    s = natsOptions_SetSecure(options, needed);
  if (s == NATS_OK && given->ca_file != NULL)
    s = natsOptions_LoadCATrustedCertificates(options, given->ca_file);
  if (s == NATS_OK && given->certificate != NULL)
    s = natsOptions_LoadCertificatesChain(options, given->certificate, given->key);
  g_free(host);
  return s;
}

natsStatus rj_nats_options_set(natsOptions *options, const rj_nats_options *given,
                               const char *url) {
  natsStatus s = natsOptions_SetURL(options, url);
  if (s == NATS_OK)
    s = natsOptions_SetName(options, "rejoin-edge");
  if (s == NATS_OK)
    s = natsOptions_SetTimeout(options, CONNECT_TIMEOUT);
  if (s == NATS_OK)
    s = natsOptions_SetAllowReconnect(options, false);
  if (s == NATS_OK)
    s = natsOptions_SetNoEcho(options, true);
  if (s == NATS_OK)
    s = natsOptions_SetPingInterval(options, PING_EVERY);
  if (s == NATS_OK)
    s = natsOptions_SetMaxPingsOut(options, PINGS_OUT);
  if (s == NATS_OK)
    s = natsOptions_SetWriteDeadline(options, WRITE_TIMEOUT);
  if (s == NATS_OK) /* else each subscription would have a thread */
    s = natsOptions_UseGlobalMessageDelivery(options, true);
  if (s == NATS_OK && given->credentials != NULL)
    s = natsOptions_SetUserCredentialsFromFiles(options, given->credentials, NULL);
  return s == NATS_OK ? set_tls(options, given, url) : s;
}

const char *rj_nats_words(natsStatus status) {
  natsStatus last;
  const char *text = nats_GetLastError(&last);
  if (status == NATS_NO_SERVER)
    return "nothing answers there";
  if (text == NULL || last != status || strchr(text, '@') != NULL)
    return natsStatus_GetText(status);
  const char *place = *text == '(' ? strstr(text, "): ") : NULL;
  text = place == NULL ? text : place + strlen("): ");
  return *text == '\0' ? natsStatus_GetText(status) : text;
}
