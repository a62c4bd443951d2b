/* What an edge's heap holds for each idle connection: established, the ticket sent, a first control message each
 * way, a few beats. The clients' halves are freed before it is counted. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "link/net.h"

static size_t heap(void) {
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

static void connect_one(net *n, bool talk) {
  rj_link *link = net_dial(n, NULL);
  if (talk)
    net_send(link, "hello");
  net_run(n, RJ_SECOND);
  for (int i = 0; i < 3; i++) {
    net_beat(link);
    net_run(n, RJ_BEAT_INTERVAL);
  }
  g_assert_true(rj_link_is_up(link));
  net_run(n, RJ_SECOND); /* until nothing waits for an acknowledgement */
  net_drop(n, link);
  net_forget(n);
}

/* Bytes for each of `links` connections more. */
static size_t measure(int links, bool talk) {
  net *n = net_new(1);
  rj_port_free(n->client.port);
  rj_port_free(n->edge.port);
  /* none ends while the others are set up */
  n->client_config.idle_timeout = n->edge_config.idle_timeout = 24 * 60 * RJ_MINUTE;
  net_client_open(n);
  net_edge_open(n);
  n->on_event = net_echo;
  for (int i = 0; i < links;
       i++) /* what the port and its tables need for so many is not a link's */
    connect_one(n, talk);
  size_t before = heap();
  for (int i = 0; i < links; i++)
    connect_one(n, talk);
  for (guint i = 0; i < n->edge.links->len; i++)
    g_assert_false(rj_link_is_closed(n->edge.links->pdata[i]));
  size_t each = (heap() - before) / (size_t)links;
  net_free(n);
  return each;
}

int main(int argc, char **argv) {
  int links = argc > 1 ? atoi(argv[1]) : 500;
  if (links < 1) {
    fprintf(stderr, "usage: %s [connections]\n", argv[0]);
    return 1;
  }
  printf("heap per idle connection of an edge, bytes (%d connections)\n", links);
  printf("%-44s %zu\n", "established, ticket sent, 3 beats", measure(links, false));
  printf("%-44s %zu\n", "and a control message each way", measure(links, true));
  return 0;
}
