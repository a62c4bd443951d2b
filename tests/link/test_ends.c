/* How a connection ends: closed from either side, and freed at any moment; and what an idle one costs. */
#include <malloc.h>
#include <string.h>

#include "link/net.h"

/* The other end learns the code after one way; the closing one is told nothing more. */
static void test_close_both_ways(void) {
  for (int edge_closes = 0; edge_closes < 2; edge_closes++) {
    net *n = net_new(1);
    rj_link *edge_link, *link = net_connect(n, &edge_link);
    net_forget(n);
    int64_t start = n->now;
    rj_link *closing = edge_closes ? edge_link : link;
    rj_link_close(closing, RJ_CLOSE_RESTARTING, n->now);
    rj_link_close(closing, RJ_CLOSE_DONE, n->now); /* once */
    g_assert_true(rj_link_is_closed(closing));
    net_run(n, RJ_SECOND);
    const net_seen *closed = net_expect(n, !edge_closes, RJ_LINK_CLOSED, 0, start + 25 * MS);
    g_assert_cmpint(closed->event.how, ==, RJ_CLOSED_BY_PEER);
    g_assert_cmpuint(closed->event.code, ==, RJ_CLOSE_RESTARTING);
    g_assert_cmpuint(n->seen->len, ==, 1);
    g_assert_cmpuint(net_packets(n, NET_UP) + net_packets(n, NET_DOWN), ==, 1);
    for (int i = 0; i < 2; i++) {
      rj_link *ended = i == 0 ? link : edge_link;
      g_assert_true(rj_link_is_closed(ended));
      g_assert_cmpint(rj_link_deadline(ended), ==, RJ_NEVER);
      g_assert_cmpint(rj_link_send(ended, (const uint8_t *)"x", 1), ==, STATUS_INVALID_STATE);
      g_assert_cmpint(rj_link_send_datagram(ended, (const uint8_t *)"x", 1, RJ_NEVER, NULL), ==,
                      STATUS_INVALID_STATE);
      rj_link_wake(ended, n->now);
    }
    net_free(n);
  }
}

/* What was said before the close is said: a removal that is told with it arrives (S-15). */
static void test_last_words(void) {
  net *n = net_new(2);
  rj_link *edge_link;
  net_connect(n, &edge_link);
  net_forget(n);
  int64_t start = n->now;
  net_send(edge_link, "removed");
  rj_link_close(edge_link, RJ_CLOSE_REMOVED, n->now);
  net_run(n, RJ_SECOND);
  net_expect(n, false, RJ_LINK_MESSAGE, 0, start + 25 * MS);
  g_assert_cmpuint(net_expect(n, false, RJ_LINK_CLOSED, 0, start + 25 * MS)->event.code, ==,
                   RJ_CLOSE_REMOVED);
  net_free(n);
}

/* Before the handshake is over, too. */
static void test_close_in_the_handshake(void) {
  for (int64_t at = 0; at < 100 * MS; at += 10 * MS) {
    for (int edge_closes = 0; edge_closes < 2; edge_closes++) {
      net *n = net_new(3);
      rj_link *link = net_dial(n, NULL);
      net_send(link, "hello");
      net_run(n, at);
      rj_link *closing = link;
      if (edge_closes) {
        if (n->edge.links->len == 0) {
          net_free(n);
          continue;
        }
        closing = n->edge.links->pdata[0];
      }
      rj_link_close(closing, RJ_CLOSE_DONE, n->now);
      net_run(n, 10 * RJ_SECOND);
      g_assert_true(rj_link_is_closed(closing));
      for (guint i = 0; i < n->edge.links->len; i++)
        g_assert_true(rj_link_is_closed(n->edge.links->pdata[i]));
      g_assert_true(rj_link_is_closed(link));
      net_free(n);
    }
  }
}

/* Each end freed at each moment of a connection's life, events and packets still waiting. */
static void test_free_at_any_time(void) {
  for (int64_t at = 0; at < 400 * MS; at += 5 * MS) {
    net *n = net_new(4);
    n->on_event = net_echo;
    rj_link *link = net_dial(n, NULL);
    net_send(link, "hello");
    net_run(n, at);
    net_send(link, "goodbye");
    if (rj_link_is_up(link))
      net_beat(link);
    if (at % (10 * MS) == 0)
      net_drop(n, link);
    else if (n->edge.links->len > 0)
      net_drop(n, n->edge.links->pdata[0]);
    net_run(n, RJ_SECOND);
    net_free(n); /* counts the links */
  }
}

/* ---- memory ---- */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_ITS_OWN_HEAP 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_ITS_OWN_HEAP 1
#endif
#endif

#ifndef HAS_ITS_OWN_HEAP
static size_t heap_in_use(void) {
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}
#endif

/* What an edge pays for each member that only beats. Without the client's half, which is freed. */
static void test_heap_of_an_idle_link(void) {
#ifdef HAS_ITS_OWN_HEAP
  g_test_skip("the sanitizer has its own heap");
#else
  enum { LINKS = 64 };
  net *n = net_new(6);
  n->on_event = net_echo;
  rj_link *first = net_connect(n, NULL); /* what the first one sets up for all */
  net_drop(n, first);
  size_t before = 0;
  for (int half = 0; half < 2; half++) {
    for (int i = 0; i < LINKS; i++) {
      rj_link *link = net_connect(n, NULL);
      net_beat(link);
      net_run(n, 2 * RJ_SECOND); /* until nothing waits for an acknowledgement */
      net_drop(n, link);
      net_forget(n);
    }
    if (half == 0)
      before = heap_in_use();
  }
  size_t each = (heap_in_use() - before) / LINKS;
  g_test_message("an idle link of an edge holds %zu bytes", each);
  g_assert_cmpuint(each, <, 30000);
  net_free(n);
#endif
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/ends/close-both-ways", test_close_both_ways);
  g_test_add_func("/ends/last-words", test_last_words);
  g_test_add_func("/ends/close-in-the-handshake", test_close_in_the_handshake);
  g_test_add_func("/ends/free-at-any-time", test_free_at_any_time);
  g_test_add_func("/ends/heap-of-an-idle-link", test_heap_of_an_idle_link);
  return g_test_run();
}
