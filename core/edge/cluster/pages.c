/* All members of one edge in a channel, in pages: what an edge says when it comes, and answers when it is
 * asked. They may come in any order and twice; only a whole set counts, and an older one than what is
 * known is dropped. */
#include <string.h>

#include "edge/edge_internal.h"

/* ------------------------------------------------------------------ out */

static void add_departed(const rj_channel *channel, rejoin_SharedPage *page, int64_t now) {
  int64_t oldest = now - channel->server->timers.departed_kept;
  for (uint32_t i = 0; i < channel->departed_count && page->departed_count < RJ_DEPARTED_PAGE;
       i++) {
    const rj_departure *gone = &channel->departed[i];
    if (gone->at > oldest)
      page->departed[page->departed_count++] =
          (rejoin_SharedDeparture){.uid = gone->uid, .reason = (uint32_t)gone->reason};
  }
}

static void add_members(const rj_channel *channel, uint32_t first, rejoin_SharedPage *page) {
  for (uint32_t i = first; i < channel->count && page->members_count < RJ_CLUSTER_PAGE; i++) {
    rj_mate mate = rj_mate_of(channel->members[i]);
    page->members[page->members_count++] = (rejoin_SharedMember){.uid = mate.uid,
                                                                 .session = mate.session,
                                                                 .joined_at = mate.joined_at,
                                                                 .since = mate.since,
                                                                 .replaces = mate.replaces,
                                                                 .how = mate.how,
                                                                 .visible = mate.visible,
                                                                 .interrupted = mate.interrupted};
  }
}

void rj_pages_send(rj_shared *shared, uint64_t edge, uint32_t answer, int64_t now) {
  rj_channel *channel = shared->channel;
  rj_cluster *cluster = channel->server->cluster;
  if (!cluster->connected)
    return;
  rj_changes_flush(shared, now); /* so that what follows them has a number that follows theirs */
  uint32_t pages = MAX((channel->count + RJ_CLUSTER_PAGE - 1) / RJ_CLUSTER_PAGE, 1);
  for (uint32_t i = 0; i < pages; i++) {
    rj_shared_begin(shared, rejoin_ClusterMessage_page_tag, now);
    rejoin_SharedPage *page = &cluster->out.body.page;
    page->number = shared->number;
    page->total = channel->count;
    page->page = i;
    page->sent = shared->sent.last;
    page->forgotten = rj_message_log_before(&shared->sent);
    add_members(channel, i * RJ_CLUSTER_PAGE, page);
    if (i == 0) {
      page->answer = answer;
      add_departed(channel, page, now);
    }
    if (edge == 0)
      rj_outbox_publish(cluster, shared->subject);
    else
      rj_outbox_tell(cluster, edge);
  }
}

void rj_pages_want(rj_shared *shared, rj_part *part, int64_t now) {
  rj_server *server = shared->channel->server;
  rj_cluster *cluster = server->cluster;
  if (part->wants_pages && now - part->pages_asked_at < cluster->hello)
    return;
  part->wants_pages = true;
  part->pages_asked_at = now;
  server->counters.bus_repairs++;
  rj_shared_begin(shared, rejoin_ClusterMessage_ask_tag, now);
  cluster->out.body.ask.pages = true;
  rj_outbox_tell(cluster, part->edge->id);
  rj_server_alarm_by(server, &shared->channel->alarm, rj_shared_due(shared));
}

/* ------------------------------------------------------------------ in */

static void answer(rj_shared *shared, const rj_part *part, uint32_t what, int64_t now) {
  if (what == RJ_ANSWER_PAGES)
    rj_pages_send(shared, part->edge->id, RJ_ANSWER_NOTHING, now);
  else if (what == RJ_ANSWER_DIGEST)
    rj_digest_send(shared, part->edge->id, now);
}

/* A set of pages begins. False: there is no room for it. */
static bool begin(rj_shared *shared, rj_part *part, const rejoin_SharedPage *page, int64_t now) {
  rj_cluster *cluster = shared->channel->server->cluster;
  rj_part_forget_coming(shared, part);
  if (cluster->parts_members + page->total > (size_t)RJ_CLUSTER_PARTS_MEMBERS) {
    rj_cluster_refused(cluster->server, "more members than an edge keeps of the others", now);
    return false;
  }
  uint32_t pages = MAX((page->total + RJ_CLUSTER_PAGE - 1) / RJ_CLUSTER_PAGE, 1);
  cluster->parts_members += page->total;
  part->coming = g_new0(rj_mate, MAX(page->total, 1));
  part->coming_pages = g_new0(uint8_t, pages);
  part->coming_total = page->total;
  part->coming_left = pages;
  part->coming_number = page->number;
  part->departed = g_array_new(FALSE, FALSE, sizeof(rejoin_SharedDeparture));
  return true;
}

static void take_members(rj_part *part, const rejoin_SharedPage *page) {
  rj_mate *to = part->coming + (size_t)page->page * RJ_CLUSTER_PAGE;
  for (size_t i = 0; i < page->members_count; i++) {
    const rejoin_SharedMember *member = &page->members[i];
    to[i] = (rj_mate){.session = member->session,
                      .joined_at = member->joined_at,
                      .since = member->since,
                      .replaces = member->replaces,
                      .uid = member->uid,
                      .how = (uint8_t)member->how,
                      .visible = member->visible,
                      .interrupted = member->interrupted};
  }
  if (page->departed_count > 0)
    g_array_append_vals(part->departed, page->departed, page->departed_count);
}

static bool is_ascending(const rj_mate *members, uint32_t count) {
  for (uint32_t i = 1; i < count; i++) {
    if (members[i].uid <= members[i - 1].uid)
      return false;
  }
  return true;
}

static void tell_departed(rj_shared *shared, const GArray *departed, int64_t now) {
  for (guint i = 0; i < departed->len; i++) {
    const rejoin_SharedDeparture *gone = &g_array_index(departed, rejoin_SharedDeparture, i);
    rj_presence_departed(shared->channel, gone->uid, (int32_t)gone->reason, now);
  }
}

/* The set is whole. */
static void finish(rj_shared *shared, rj_part *part, const rejoin_SharedPage *page, int64_t now) {
  rj_mate *members = part->coming;
  uint32_t count = part->coming_total;
  if (!is_ascending(members, count)) {
    rj_part_forget_coming(shared, part);
    rj_cluster_refused(shared->channel->server, "members are not ascending over the pages", now);
    return;
  }
  GArray *departed = part->departed;
  shared->channel->server->cluster->parts_members -= count;
  part->coming = NULL;
  part->departed = NULL;
  g_free(part->coming_pages);
  part->coming_pages = NULL;
  part->known = true;
  part->wants_pages = false;
  part->number = part->coming_number;
  rj_part_replace(shared, part, members, count, departed, now);
  if (now - shared->since < shared->channel->server->timers.offline)
    tell_departed(shared, departed, now);
  g_array_free(departed, TRUE);
  rj_shared_streams_known(shared, part, page->sent, page->forgotten, now);
}

void rj_pages_take(rj_shared *shared, rj_part *part, const rejoin_SharedPage *page, int64_t now) {
  answer(shared, part, page->answer, now);
  if (part->known && page->number < part->number)
    return; /* it comes late */
  bool is_of_set = part->coming != NULL && part->coming_number == page->number &&
                   part->coming_total == page->total;
  if (!is_of_set && part->coming != NULL && page->number < part->coming_number)
    return;
  if (!is_of_set && !begin(shared, part, page, now))
    return;
  if (part->coming_pages[page->page])
    return; /* it came before */
  part->coming_pages[page->page] = 1;
  take_members(part, page);
  if (--part->coming_left == 0)
    finish(shared, part, page, now);
}
