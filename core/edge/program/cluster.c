/* What the settings of [cluster] mean, and the bus that is made of them. */
#define G_LOG_DOMAIN         "rejoin-edge"
#define G_LOG_USE_STRUCTURED 1
#include "edge/program/cluster.h"

#include <string.h>

#include "base/address.h"
#include "base/limits.h"
#include "client/rules.h"
#include "client/url.h"
#include "edge/program/nats_bus.h"
#include "edge/program/problems.h"

static const char default_name[] = "rejoin";

struct rj_program_cluster {
  char **servers;
  rj_bus_driver *bus;
};

static const char *name_of(const rj_program_settings *settings) {
  return settings->cluster_name != NULL ? settings->cluster_name : default_name;
}

/* ------------------------------------------------------------------ checks */

/* text: the caller's until now. */
static bool complain(const rj_program_settings *settings, const char *key, char *text,
                     GPtrArray *problems) {
  char *origin = rj_program_settings_origin(settings, "cluster", key);
  g_ptr_array_add(problems, g_strconcat(origin, "cluster ", text, NULL));
  g_free(origin);
  g_free(text);
  return false;
}

/* HOST or HOST:PORT, IPv6 in brackets? */
static bool is_host(const char *text) {
  bool is_bracketed = *text == '[';
  const char *host = text + (is_bracketed ? 1 : 0);
  size_t length = strcspn(host, is_bracketed ? "]" : ":");
  const char *rest = host + length;
  guint64 port;
  for (size_t i = 0; i < length; i++) {
    if (!g_ascii_isgraph(host[i]) || strchr("/?#", host[i]) != NULL)
      return false;
  }
  if (length == 0 || (is_bracketed && *rest++ != ']'))
    return false;
  return *rest == '\0' ||
         (*rest == ':' && g_ascii_string_to_unsigned(rest + 1, 10, 1, G_MAXUINT16, &port, NULL));
}

/* What stands before an @ is a secret, and is not told. */
static bool check_server(const rj_program_settings *settings, const char *url,
                         GPtrArray *problems) {
  const char *host = g_str_has_prefix(url, "nats://") || g_str_has_prefix(url, "tls://")
                         ? strstr(url, "://") + strlen("://")
                         : NULL;
  const char *at = strrchr(url, '@');
  if (host != NULL && at != NULL)
    host = at + 1;
  if (host != NULL && is_host(host))
    return true;
  char *shown = rj_nats_shown_url(url);
  char *text = g_strdup_printf("servers has \"%s\"; each must be nats://HOST:PORT or "
                               "tls://HOST:PORT, with commas between",
                               shown);
  g_free(shown);
  return complain(settings, "servers", text, problems);
}

static bool check_servers(const rj_program_settings *settings, GPtrArray *problems) {
  char **servers = g_strsplit(settings->cluster_servers, ",", -1);
  bool good = servers[0] != NULL || check_server(settings, "", problems);
  for (char **server = servers; *server != NULL; server++)
    good = check_server(settings, *server, problems) && good;
  g_strfreev(servers);
  return good;
}

static bool check_file(const rj_program_settings *settings, const char *key, const char *path,
                       GPtrArray *problems) {
  char *text = NULL;
  gsize length = 0;
  GError *why = NULL;
  if (path == NULL)
    return true;
  bool reads = g_file_get_contents(path, &text, &length, &why);
  if (reads)
    memset(text, 0, length);
  else
    complain(settings, key, g_strdup_printf("%s: %s", key, why->message), problems);
  g_clear_error(&why);
  g_free(text);
  return reads;
}

static bool check_files(const rj_program_settings *settings, GPtrArray *problems) {
  bool good = check_file(settings, "credentials", settings->cluster_credentials, problems);
  good = check_file(settings, "ca_file", settings->cluster_ca_file, problems) && good;
  good = check_file(settings, "certificate", settings->cluster_certificate, problems) && good;
  good = check_file(settings, "key", settings->cluster_key, problems) && good;
  bool has_certificate = settings->cluster_certificate != NULL;
  if (has_certificate == (settings->cluster_key != NULL))
    return good;
  return complain(settings, has_certificate ? "certificate" : "key",
                  g_strdup_printf("%s is given without %s", has_certificate ? "certificate" : "key",
                                  has_certificate ? "key" : "certificate"),
                  problems);
}

static bool check_names(const rj_program_settings *settings, GPtrArray *problems) {
  char text[RJ_RULE_TEXT_SIZE];
  const char *why = "";
  rj_url url;
  bool good = true;
  if (rj_rule_cluster(name_of(settings), text) != RJ_OK)
    good = complain(settings, "name", g_strdup_printf("name: %s", text), problems);
  if (settings->cluster_advertise != NULL && !rj_url_parse(settings->cluster_advertise, &url, &why))
    good = complain(settings, "advertise",
                    g_strdup_printf("advertise is \"%s\"; it must be rejoin://HOST:PORT: %s",
                                    settings->cluster_advertise, why),
                    problems);
  return good;
}

bool rj_program_cluster_check(const rj_program_settings *settings, GPtrArray *problems) {
  if (!rj_program_settings_has_cluster(settings))
    return true;
  if (!rj_nats_is_built_in())
    return complain(settings, "servers",
                    g_strdup("servers is given; but this rejoin-edge was built without libnats, "
                             "and joins no cluster"),
                    problems);
  bool good = check_servers(settings, problems);
  good = check_names(settings, problems) && good;
  return check_files(settings, problems) && good;
}

/* ------------------------------------------------------------------ life */

/* Members of other edges are sent to what this edge calls itself, which is no use on another machine. */
static void warn_of_wildcard(const rj_program_settings *settings) {
  static const uint8_t zero[16];
  rj_address address;
  if (settings->cluster_advertise == NULL &&
      rj_address_parse(settings->listen + strlen("udp://"), RJ_DEFAULT_PORT, &address) &&
      memcmp(address.bytes, zero, sizeof zero) == 0)
    g_warning("cluster %s: advertise is not set, and the edge listens on every address: members of "
              "the other edges find it on this machine only",
              name_of(settings));
}

rj_program_cluster *rj_program_cluster_join(const rj_program_settings *settings,
                                            rj_edge_extras *extras) {
  if (!rj_program_settings_has_cluster(settings))
    return NULL;
  rj_program_cluster *cluster = g_new0(rj_program_cluster, 1);
  cluster->servers = g_strsplit(settings->cluster_servers, ",", -1);
  const rj_nats_options options = {
      .name = name_of(settings),
      .servers = (const char *const *)cluster->servers,
      .credentials = settings->cluster_credentials,
      .ca_file = settings->cluster_ca_file,
      .certificate = settings->cluster_certificate,
      .key = settings->cluster_key,
  };
  warn_of_wildcard(settings);
  cluster->bus = rj_nats_bus_new(&options);
  extras->bus = cluster->bus;
  extras->cluster = (rj_server_cluster){
      .name = name_of(settings),
      .url = settings->cluster_advertise,
      .hello = settings->cluster_hello_ns,
      .digest = settings->cluster_digest_ns,
  };
  return cluster;
}

void rj_program_cluster_leave(rj_program_cluster *cluster) {
  if (cluster == NULL)
    return;
  rj_nats_bus_free(cluster->bus);
  for (char **server = cluster->servers; *server != NULL; server++)
    memset(*server, 0, strlen(*server)); /* passwords */
  g_strfreev(cluster->servers);
  g_free(cluster);
}
