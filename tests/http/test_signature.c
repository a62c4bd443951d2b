/* The signature of a delivery, against one that another program made. */
#include "edge/program/http/signature.h"

#include <glib.h>

/* printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac secret */
static void test_known(void) {
  char *text = rj_http_signature("secret", 1700000000, "{\"a\":1}", 7);
  g_assert_cmpstr(
      text, ==, "t=1700000000,v1=49f24e537407743fa4a0242bb63b94b9a47ee99cbbe071ccd8a22550ae411686");
  g_free(text);
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/signature/known", test_known);
  return g_test_run();
}
