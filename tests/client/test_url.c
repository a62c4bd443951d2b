/* Urls of edges. */
#include <glib.h>
#include <string.h>

#include "client/url.h"

static void good(const char *text, const char *host, uint16_t port) {
  rj_url url;
  const char *why = NULL;
  if (!rj_url_parse(text, &url, &why))
    g_error("%s: %s", text, why);
  g_assert_cmpstr(url.host, ==, host);
  g_assert_cmpuint(url.port, ==, port);
}

static void bad(const char *text, const char *part_of_why) {
  rj_url url = {.host = "untouched", .port = 1};
  const char *why = NULL;
  g_assert_false(rj_url_parse(text, &url, &why));
  g_assert_nonnull(why);
  if (strstr(why, part_of_why) == NULL)
    g_error("%s: says \"%s\", not \"%s\"", text, why, part_of_why);
  g_assert_cmpstr(url.host, ==, "untouched");
  g_assert_false(rj_url_parse(text, &url, NULL));
}

static void test_good(void) {
  good("rejoin://edge.example", "edge.example", 7443);
  good("rejoin://edge.example/", "edge.example", 7443);
  good("REJOIN://Edge-1.example:1", "Edge-1.example", 1);
  good("rejoin://127.0.0.1:65535", "127.0.0.1", 65535);
  good("rejoin://[::1]", "::1", 7443);
  good("rejoin://[2001:db8::7]:8443/", "2001:db8::7", 8443);
  good("rejoin://[fe80::1%eth0]:9", "fe80::1%eth0", 9);
}

static void test_bad(void) {
  bad(NULL, "NULL");
  bad("", "starts with rejoin://");
  bad("https://edge", "starts with rejoin://");
  bad("rejoin:/edge", "starts with rejoin://");
  bad("rejoin://", "host is missing");
  bad("rejoin://:7443", "host is missing");
  bad("rejoin://[]", "host is missing");
  bad("rejoin://ed ge", "host name");
  bad("rejoin://user@edge", "host name");
  bad("rejoin://edge:", "1 to 65535");
  bad("rejoin://edge:0", "1 to 65535");
  bad("rejoin://edge:65536", "1 to 65535");
  bad("rejoin://edge:99999999999", "1 to 65535");
  bad("rejoin://edge:-1", "1 to 65535");
  bad("rejoin://edge:+1", "1 to 65535");
  bad("rejoin://edge:7443x", "at most a port");
  bad("rejoin://edge/path", "at most a port");
  bad("rejoin://[::1", "not closed");
  bad("rejoin://[::1]x", "at most a port");
  bad("rejoin://[::g]", "IPv6");
  bad("rejoin://[127.0.0.1]", "IPv6");
  bad("rejoin://[fe80::1%]", "IPv6");
  bad("rejoin://::1", "brackets");
  bad("rejoin://2001:db8::7", "brackets");
}

static void test_long(void) {
  char host[RJ_URL_MAX + 8];
  memset(host, 'a', sizeof host);
  memcpy(host, "rejoin://", 9);
  host[RJ_URL_MAX] = '\0';
  rj_url url;
  g_assert_true(rj_url_parse(host, &url, NULL)); /* 247 bytes of host */
  host[RJ_URL_MAX] = 'a';
  host[RJ_URL_MAX + 1] = '\0';
  bad(host, "256 bytes");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/client/url/good", test_good);
  g_test_add_func("/client/url/bad", test_bad);
  g_test_add_func("/client/url/long", test_long);
  return g_test_run();
}
