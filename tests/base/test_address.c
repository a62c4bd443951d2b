/* Addresses and their text. */
#include <arpa/inet.h>
#include <glib.h>
#include <string.h>

#include "base/address.h"
#include "base/random.h"

static rj_address parsed(const char *text) {
  rj_address address;
  if (!rj_address_parse(text, 7443, &address))
    g_error("%s was not read", text);
  return address;
}

static void test_written_as_read(void) {
  static const char *const texts[] = {
      "127.0.0.1:7443",
      "0.0.0.0:0",
      "255.255.255.255:65535",
      "[::1]:7443",
      "[::]:0",
      "[2001:db8::1]:1",
      "[1:0:0:2::3]:5",
      "[fe80::1%3]:7443",
      "[1:2:3:4:5:6:7:8]:9",
      "[::2:0:0:0:3]:1",
      "[1::]:1",
      "[::ffff:192.0.2.1]:80",
      "[0:1::]:1",
      "[1:0:2:3:4:5:6:7]:1",
      "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
      "[::1:0:0:2:0:0]:1",
  };
  for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
    rj_address address = parsed(texts[i]);
    char text[RJ_ADDRESS_TEXT_SIZE];
    g_assert_cmpstr(rj_address_text(&address, text), ==, texts[i]);
  }
}

static void test_other_spellings(void) {
  static const char *const pairs[][2] = {
      {"127.0.0.1", "127.0.0.1:7443"},
      {"::1", "[::1]:7443"},
      {"[::1]", "[::1]:7443"},
      {"2001:DB8:0:0:0:0:0:1", "[2001:db8::1]:7443"},
      {"ABCD:EF01:a:f:A:F::", "[abcd:ef01:a:f:a:f::]:7443"},
      {"0001:002:03:4:5:6:7:0", "[1:2:3:4:5:6:7:0]:7443"},
      {"1:2:3:4:5:6:7::", "[1:2:3:4:5:6:7:0]:7443"},
      {"::2:3:4:5:6:7:8", "[0:2:3:4:5:6:7:8]:7443"},
      {"64:ff9b::192.0.2.33", "[64:ff9b::c000:221]:7443"},
      {"fe80::1%7", "[fe80::1%7]:7443"},
      {"1:2:3:4:5:6:1.2.3.4", "[1:2:3:4:5:6:102:304]:7443"},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
    rj_address address = parsed(pairs[i][0]);
    char text[RJ_ADDRESS_TEXT_SIZE];
    g_assert_cmpstr(rj_address_text(&address, text), ==, pairs[i][1]);
  }
}

static void test_not_an_address(void) {
  static const char *const texts[] = {
      "",
      ":",
      "localhost",
      "localhost:7443",
      "1.2.3",
      "1.2.3.4.5",
      "1.2.3.256",
      "01.2.3.4",
      "00.2.3.4",
      "1.2.3.09",
      "1..2.3",
      "1.2.3.4:",
      "1.2.3.4:65536",
      "1.2.3.4:070",
      "1.2.3.4:1x",
      "1.2.3.4 ",
      " 1.2.3.4",
      "1.2.3.4:-1",
      "[1.2.3.4]:1",
      "[::1",
      "[::1]7443",
      "[::1]:",
      "[::1]x",
      "::1]",
      ":::",
      "1::2::3",
      "1::2::",
      "::1::2",
      "::1::",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "1:2:3:4:5:6:7:8::",
      "::1:2:3:4:5:6:7:8",
      "1:2:3:4:5:6:7:",
      ":1:2:3:4:5:6:7",
      "12345::",
      "::g",
      "fe80::1%",
      "fe80::1%eth0",
      "fe80::1%4294967296",
      "::1.2.3",
      "1:2:3:4:5:6:7:1.2.3.4",
      "::1.2.3.4:5",
      "1.2.3.4%1",
      "99999999999999999999.1.1.1",
  };
  for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
    rj_address address = {.port = 99};
    if (rj_address_parse(texts[i], 7443, &address))
      g_error("\"%s\" was read", texts[i]);
    g_assert_cmpint(address.port, ==, 99); /* untouched */
  }
}

/* Random addresses, against the system's own reading and writing. */
static void test_against_the_system(void) {
  rj_random random;
  rj_random_seed(&random, 1);
  for (int i = 0; i < 20000; i++) {
    rj_address address = {.family = RJ_ADDRESS_IPV6,
                          .port = (uint16_t)rj_random_below(&random, 65536)};
    for (size_t group = 0; group < 8; group++) {
      uint64_t kind = rj_random_below(&random, 3); /* many zeros, so that all shapes of "::" come */
      uint64_t value = kind == 0   ? 0
                       : kind == 1 ? rj_random_below(&random, 16)
                                   : rj_random_next(&random);
      address.bytes[2 * group] = (uint8_t)(value >> 8);
      address.bytes[2 * group + 1] = (uint8_t)value;
    }
    char text[RJ_ADDRESS_TEXT_SIZE], theirs[INET6_ADDRSTRLEN];
    rj_address_text(&address, text);
    rj_address back = parsed(text);
    g_assert_true(rj_address_equal(&address, &back));

    g_assert_nonnull(inet_ntop(AF_INET6, address.bytes, theirs, sizeof theirs));
    back = parsed(theirs);
    g_assert_true(rj_address_same_host(&address, &back));
    if (strchr(theirs, '.') ==
        NULL) { /* the system writes ::1.2.3.4 where RFC 5952 asks for hexadecimal */
      char *bracketed = g_strdup_printf("[%s]:%u", theirs, address.port);
      g_assert_cmpstr(text, ==, bracketed);
      g_free(bracketed);
    }
  }
}

static void test_equal(void) {
  rj_address a = parsed("10.0.0.1:1"), b = parsed("10.0.0.1:2"), c = parsed("10.0.0.2:1");
  rj_address d = parsed("[fe80::1%1]:1"), e = parsed("[fe80::1%2]:1");
  g_assert_true(rj_address_equal(&a, &a));
  g_assert_false(rj_address_equal(&a, &b));
  g_assert_true(rj_address_same_host(&a, &b));
  g_assert_false(rj_address_same_host(&a, &c));
  g_assert_false(rj_address_same_host(&d, &e));
  g_assert_false(rj_address_same_host(&a, &d));

  rj_path ab = {a, b}, ba = {b, a}, ab_again = {a, b};
  g_assert_true(rj_path_equal(&ab, &ab_again));
  g_assert_false(rj_path_equal(&ab, &ba));
  rj_path ac = {a, c}, cb = {c, b}; /* one end alone is not enough */
  g_assert_false(rj_path_equal(&ab, &ac));
  g_assert_false(rj_path_equal(&ab, &cb));
}

static void test_hash(void) {
  rj_address a = parsed("10.0.0.1:1"), again = parsed("10.0.0.1:1");
  g_assert_cmpuint(rj_address_hash(&a), ==, rj_address_hash(&again));

  /* ports and hosts next to each other spread over the low bits, which tables use */
  guint used[256] = {0};
  for (unsigned i = 0; i < 4096; i++) {
    rj_address address = parsed("10.0.0.0:0");
    address.bytes[3] = (uint8_t)(i >> 6);
    address.port = (uint16_t)(i & 63);
    used[rj_address_hash(&address) & 255]++;
  }
  for (size_t i = 0; i < G_N_ELEMENTS(used); i++)
    g_assert_cmpuint(used[i], <, 48); /* 16 on average */
}

/* From how far: the first and last of each range, and those beside it. */
static void test_reach(void) {
  static const struct {
    const char *text;
    rj_reach reach;
  } all[] = {
      {"0.0.0.0", RJ_REACH_NOWHERE},
      {"0.255.255.255", RJ_REACH_NOWHERE},
      {"1.0.0.0", RJ_REACH_WORLD},
      {"9.255.255.255", RJ_REACH_WORLD},
      {"10.0.0.0", RJ_REACH_SITE},
      {"10.255.255.255", RJ_REACH_SITE},
      {"11.0.0.0", RJ_REACH_WORLD},
      {"100.63.255.255", RJ_REACH_WORLD},
      {"100.64.0.0", RJ_REACH_SITE},
      {"100.127.255.255", RJ_REACH_SITE},
      {"100.128.0.0", RJ_REACH_WORLD},
      {"126.255.255.255", RJ_REACH_WORLD},
      {"127.0.0.1", RJ_REACH_MACHINE},
      {"127.255.255.255", RJ_REACH_MACHINE},
      {"128.0.0.0", RJ_REACH_WORLD},
      {"169.253.255.255", RJ_REACH_WORLD},
      {"169.254.0.0", RJ_REACH_LINK},
      {"169.254.255.255", RJ_REACH_LINK},
      {"169.255.0.0", RJ_REACH_WORLD},
      {"172.15.255.255", RJ_REACH_WORLD},
      {"172.16.0.0", RJ_REACH_SITE},
      {"172.31.255.255", RJ_REACH_SITE},
      {"172.32.0.0", RJ_REACH_WORLD},
      {"192.167.255.255", RJ_REACH_WORLD},
      {"192.168.0.0", RJ_REACH_SITE},
      {"192.168.255.255", RJ_REACH_SITE},
      {"192.169.0.0", RJ_REACH_WORLD},
      {"223.255.255.255", RJ_REACH_WORLD},
      {"224.0.0.0", RJ_REACH_NOWHERE},
      {"255.255.255.255", RJ_REACH_NOWHERE},
      {"[::]", RJ_REACH_NOWHERE},
      {"[::1]", RJ_REACH_MACHINE},
      {"[::2]", RJ_REACH_WORLD},
      {"[2001:db8::1]", RJ_REACH_WORLD},
      {"[fbff::1]", RJ_REACH_WORLD},
      {"[fc00::1]", RJ_REACH_SITE},
      {"[fdff::1]", RJ_REACH_SITE},
      {"[fe00::1]", RJ_REACH_WORLD},
      {"[fe80::1]", RJ_REACH_LINK},
      {"[febf::1]", RJ_REACH_LINK},
      {"[fec0::1]", RJ_REACH_WORLD},
      {"[ff02::1]", RJ_REACH_NOWHERE},
      {"[::ffff:10.0.0.1]", RJ_REACH_SITE},
      {"[::ffff:127.0.0.1]", RJ_REACH_MACHINE},
      {"[::ffff:8.8.8.8]", RJ_REACH_WORLD},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
    rj_address address = parsed(all[i].text);
    g_test_message("%s", all[i].text);
    g_assert_cmpint((int)rj_address_reach(&address), ==, (int)all[i].reach);
  }
  g_assert_cmpint((int)rj_address_reach(&(rj_address){0}), ==, (int)RJ_REACH_NOWHERE);
}

static void test_nothing(void) {
  rj_address none = {0};
  char text[RJ_ADDRESS_TEXT_SIZE];
  g_assert_cmpstr(rj_address_text(&none, text), ==, "none");
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/address/written-as-read", test_written_as_read);
  g_test_add_func("/address/other-spellings", test_other_spellings);
  g_test_add_func("/address/not-an-address", test_not_an_address);
  g_test_add_func("/address/against-the-system", test_against_the_system);
  g_test_add_func("/address/equal", test_equal);
  g_test_add_func("/address/hash", test_hash);
  g_test_add_func("/address/reach", test_reach);
  g_test_add_func("/address/none", test_nothing);
  return g_test_run();
}
