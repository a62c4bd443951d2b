/* A program that knows the library only by name: opens it, lets two members meet in a simulated
 * channel, frees everything, closes it; and does it all again. */
#include <dlfcn.h>
#include <glib.h>
#include <rejoin/rejoin.h>

/* The functions that it uses, looked up by name with the types of the header. */
#define FUNCTIONS(X)                                                                               \
  X(rj_runtime_new)                                                                                \
  X(rj_runtime_free)                                                                               \
  X(rj_runtime_run)                                                                                \
  X(rj_edge_new)                                                                                   \
  X(rj_edge_free)                                                                                  \
  X(rj_edge_url)                                                                                   \
  X(rj_edge_fingerprint)                                                                           \
  X(rj_client_new)                                                                                 \
  X(rj_client_free)                                                                                \
  X(rj_client_join_channel)                                                                        \
  X(rj_client_next_event)

typedef struct {
#define X(name) __typeof__(name) *name;
  FUNCTIONS(X)
#undef X
} library;

static void *look_up(void *handle, const char *name) {
  void *found = dlsym(handle, name);
  if (found == NULL)
    g_error("%s", dlerror());
  return found;
}

static int count(const library *l, rj_client *client, int32_t kind) {
  rj_event event = {.size = sizeof event};
  int found = 0;
  while (l->rj_client_next_event(client, &event) == 1)
    found += event.kind == kind;
  return found;
}

static void meet(const library *l) {
  rj_runtime_options options = {.size = sizeof options, .simulated = 1, .seed = 7};
  rj_runtime *runtime;
  rj_edge *edge;
  rj_client *one, *two;
  g_assert_cmpint(l->rj_runtime_new(&options, &runtime), ==, RJ_OK);
  g_assert_cmpint(l->rj_edge_new(runtime, NULL, &edge), ==, RJ_OK);
  const char *const urls[] = {l->rj_edge_url(edge)};
  rj_client_options client = {.size = sizeof client,
                              .urls = urls,
                              .url_count = 1,
                              .fingerprint = l->rj_edge_fingerprint(edge)};
  g_assert_cmpint(l->rj_client_new(runtime, &client, &one), ==, RJ_OK);
  g_assert_cmpint(l->rj_client_new(runtime, &client, &two), ==, RJ_OK);
  g_assert_cmpint(l->rj_client_join_channel(one, NULL, "demo", 1), ==, RJ_OK);
  g_assert_cmpint(l->rj_client_join_channel(two, NULL, "demo", 2), ==, RJ_OK);
  g_assert_cmpint(l->rj_runtime_run(runtime, INT64_C(1000000000), 0), ==, 0);
  g_assert_cmpint(count(l, one, RJ_EVENT_USER_JOINED), ==, 1);
  g_assert_cmpint(count(l, two, RJ_EVENT_DID_JOIN_CHANNEL), ==, 1);
  l->rj_client_free(one);
  l->rj_client_free(two);
  l->rj_edge_free(edge);
  l->rj_runtime_free(runtime);
}

static void test_twice(void) {
  for (int round = 0; round < 2; round++) {
    void *handle = dlopen(RJ_TEST_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL)
      g_error("%s", dlerror());
    library l;
#define X(name) *(void **)&l.name = look_up(handle, #name);
    FUNCTIONS(X)
#undef X
    meet(&l);
    g_assert_cmpint(dlclose(handle), ==, 0);
  }
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/dlopen/twice", test_twice);
  return g_test_run();
}
