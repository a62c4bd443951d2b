/* Messages between edges: there and back, the bounds, the rules that protobuf cannot say, and hostile bytes. */
#include <glib.h>
#include <string.h>

#include "base/numbers.h"
#include "base/random.h"
#include "wire/cluster_codec.h"

static rj_cluster_message message, other;
static uint8_t buffer[RJ_CLUSTER_MESSAGE_MAX];

static void begin(pb_size_t body) {
  memset(&message, 0, sizeof message);
  message.version = RJ_CLUSTER_VERSION;
  message.edge = 7;
  message.has_channel = true;
  strcpy(message.channel.name, "demo");
  message.which_body = body;
}

static size_t encoded(void) {
  size_t length = rj_cluster_encode(&message, buffer, sizeof buffer);
  g_assert_cmpuint(length, >, 0);
  return length;
}

static void expect_good(void) {
  const char *why = "";
  bool good = rj_cluster_decode(&other, buffer, encoded(), &why);
  g_assert_cmpstr(why, ==, NULL);
  g_assert_true(good);
  g_assert_cmpint(other.which_body, ==, message.which_body);
}

static void expect_bad(const char *word) {
  const char *why = NULL;
  g_assert_false(rj_cluster_decode(&other, buffer, encoded(), &why));
  g_assert_nonnull(why);
  g_assert_nonnull(strstr(why, word));
}

static void fill_text(char *text, size_t size) {
  memset(text, 'x', size - 1);
  text[size - 1] = '\0';
}

static rejoin_SharedMember member_of(uint32_t uid) {
  return (rejoin_SharedMember){.uid = uid,
                               .session = UINT64_MAX,
                               .joined_at = UINT64_MAX,
                               .since = UINT64_MAX,
                               .replaces = UINT64_MAX,
                               .how = RJ_REPLACED_TAKEN_OVER,
                               .visible = true,
                               .interrupted = true};
}

/* The largest of each kind fits. */
static void test_the_largest(void) {
  begin(rejoin_ClusterMessage_page_tag);
  fill_text(message.channel.app_id, sizeof message.channel.app_id);
  fill_text(message.channel.name, sizeof message.channel.name);
  rejoin_SharedPage *page = &message.body.page;
  page->number = page->sent = page->forgotten = UINT64_MAX;
  page->total = RJ_CLUSTER_PART_MEMBERS;
  page->page = 5;
  page->answer = RJ_ANSWER_DIGEST;
  page->members_count = RJ_CLUSTER_PAGE;
  page->departed_count = RJ_DEPARTED_PAGE;
  for (uint32_t i = 0; i < RJ_CLUSTER_PAGE; i++) {
    page->members[i] = member_of(UINT32_MAX - RJ_CLUSTER_PAGE + i);
    page->departed[i] = (rejoin_SharedDeparture){.uid = UINT32_MAX, .reason = 2};
  }
  expect_good();
  begin(rejoin_ClusterMessage_changes_tag);
  message.body.changes.first = UINT64_MAX - RJ_CLUSTER_CHANGES;
  message.body.changes.changes_count = RJ_CLUSTER_CHANGES;
  for (uint32_t i = 0; i < RJ_CLUSTER_CHANGES; i++)
    message.body.changes.changes[i] = (rejoin_SharedChange){.has_member = true,
                                                            .member = member_of(i + 1),
                                                            .gone = true,
                                                            .offline = 2,
                                                            .quiet = true,
                                                            .ended = 19,
                                                            .join_key = UINT64_MAX};
  expect_good();
  begin(rejoin_ClusterMessage_kicks_tag);
  message.body.kicks.kicks_count = RJ_CLUSTER_KICKS;
  for (size_t i = 0; i < RJ_CLUSTER_KICKS; i++) {
    rejoin_SharedKick *kick = &message.body.kicks.kicks[i];
    kick->id = kick->version = UINT64_MAX;
    fill_text(kick->app_id, sizeof kick->app_id);
    fill_text(kick->channel, sizeof kick->channel);
    kick->uid = UINT32_MAX;
    kick->ip.size = 16;
    kick->left_ms = kick->kept_ms = RJ_KICK_MAX_FOR / RJ_MILLISECOND;
  }
  expect_good();
  begin(rejoin_ClusterMessage_hello_tag);
  fill_text(message.body.hello.url, sizeof message.body.hello.url);
  fill_text(message.body.hello.fingerprint, sizeof message.body.hello.fingerprint);
  expect_good();
  begin(rejoin_ClusterMessage_message_tag);
  message.body.message = (rejoin_SharedMessage){.number = UINT64_MAX,
                                                .uid = UINT32_MAX,
                                                .stream = RJ_DATA_STREAMS_MAX,
                                                .sequence = UINT64_MAX,
                                                .stay = UINT32_MAX,
                                                .lost = UINT64_MAX};
  message.body.message.data.size = RJ_MESSAGE_MAX;
  expect_good();
}

/* cluster.options says what limits.h says. */
static void test_bounds_agree(void) {
  g_assert_cmpuint(G_N_ELEMENTS(message.body.page.members), ==, RJ_CLUSTER_PAGE);
  g_assert_cmpuint(G_N_ELEMENTS(message.body.page.departed), ==, RJ_DEPARTED_PAGE);
  g_assert_cmpuint(G_N_ELEMENTS(message.body.changes.changes), ==, RJ_CLUSTER_CHANGES);
  g_assert_cmpuint(G_N_ELEMENTS(message.body.kicks.kicks), ==, RJ_CLUSTER_KICKS);
  g_assert_cmpuint(sizeof message.body.message.data.bytes, ==, RJ_MESSAGE_MAX);
  g_assert_cmpuint(sizeof message.body.datagram.data.bytes, ==, RJ_MESSAGE_MAX);
  g_assert_cmpuint(sizeof message.channel.app_id, ==, RJ_APP_ID_MAX + 1);
  g_assert_cmpuint(sizeof message.channel.name, ==, RJ_CHANNEL_MAX + 1);
  g_assert_cmpuint(sizeof message.body.hello.url, ==, RJ_URL_MAX + 1);
  g_assert_cmpuint(sizeof message.body.hello.fingerprint, ==, RJ_CLUSTER_FINGERPRINT_MAX + 1);
  g_assert_cmpuint(sizeof message.body.removal.rule.app_id, ==, RJ_APP_ID_MAX + 1);
  g_assert_cmpuint(sizeof message.body.removal.rule.channel, ==, RJ_CHANNEL_MAX + 1);
}

static void test_heads(void) {
  begin(rejoin_ClusterMessage_bye_tag);
  expect_good();
  message.version++;
  expect_bad("version");
  begin(rejoin_ClusterMessage_bye_tag);
  message.edge = 0;
  expect_bad("no edge");
  begin(0);
  expect_bad("no body");
  begin(rejoin_ClusterMessage_digest_tag);
  expect_good();
  message.body.digest.count = RJ_CLUSTER_PART_MEMBERS + 1;
  expect_bad("more members");
  static const pb_size_t about[] = {
      rejoin_ClusterMessage_changes_tag, rejoin_ClusterMessage_page_tag,
      rejoin_ClusterMessage_digest_tag,  rejoin_ClusterMessage_ask_tag,
      rejoin_ClusterMessage_closed_tag,  rejoin_ClusterMessage_message_tag,
      rejoin_ClusterMessage_gap_tag,     rejoin_ClusterMessage_datagram_tag};
  for (size_t i = 0; i < G_N_ELEMENTS(about); i++) {
    begin(about[i]);
    message.has_channel = false;
    expect_bad("no channel");
    begin(about[i]);
    message.channel.name[0] = '\0';
    expect_bad("no channel");
    begin(about[i]);
    message.channel.profile = 2;
    expect_bad("profile");
  }
}

static void begin_change(void) {
  begin(rejoin_ClusterMessage_changes_tag);
  message.body.changes.first = 1;
  message.body.changes.changes_count = 1;
  message.body.changes.changes[0] =
      (rejoin_SharedChange){.has_member = true, .member = member_of(1)};
}

static void test_changes(void) {
  rejoin_SharedChange *change = &message.body.changes.changes[0];
  begin_change();
  expect_good();
  message.body.changes.first = 0;
  expect_bad("without a number");
  begin_change();
  message.body.changes.first = UINT64_MAX;
  expect_bad("cannot go on");
  begin_change();
  message.body.changes.changes_count = 0;
  expect_bad("or none");
  begin_change();
  change->has_member = false;
  expect_bad("nobody");
  begin_change();
  change->member.uid = 0;
  expect_bad("no uid");
  begin_change();
  change->member.session = 0;
  expect_bad("no session");
  begin_change();
  change->member.how = 3;
  expect_bad("unknown way");
  begin_change();
  change->offline = 3;
  expect_bad("unknown way");
  begin_change();
  change->ended = 2;
  expect_bad("unknown way");
}

static void begin_page(uint32_t total, uint32_t number, pb_size_t count) {
  begin(rejoin_ClusterMessage_page_tag);
  message.body.page.total = total;
  message.body.page.page = number;
  message.body.page.members_count = count;
  for (uint32_t i = 0; i < count; i++)
    message.body.page.members[i] = member_of(i + 1);
}

static void test_pages(void) {
  static const struct {
    uint32_t total, page;
    pb_size_t count;
    bool good;
  } pages[] = {
      {0, 0, 0, true},         {0, 1, 0, false},          {1, 0, 1, true},     {1, 0, 0, false},
      {1, 1, 0, false},        {128, 0, 128, true},       {128, 1, 0, false},  {129, 0, 128, true},
      {129, 1, 1, true},       {129, 0, 127, false},      {129, 1, 2, false},  {129, 2, 0, false},
      {100001, 0, 128, false}, {5, UINT32_MAX, 5, false}, {256, 1, 128, true},
  };
  for (size_t i = 0; i < G_N_ELEMENTS(pages); i++) {
    begin_page(pages[i].total, pages[i].page, pages[i].count);
    g_assert_true(rj_cluster_decode(&other, buffer, encoded(), NULL) == pages[i].good);
  }
  begin_page(2, 0, 2);
  message.body.page.members[1].uid = 1;
  expect_bad("ascending");
  begin_page(1, 0, 1);
  message.body.page.answer = 3;
  expect_bad("answer");
  begin_page(1, 0, 1);
  message.body.page.forgotten = 1;
  expect_bad("never sent");
  begin_page(1, 0, 1);
  message.body.page.departed_count = 1;
  expect_bad("departure");
}

static void test_stream_messages(void) {
  begin(rejoin_ClusterMessage_message_tag);
  rejoin_SharedMessage *m = &message.body.message;
  const rejoin_SharedMessage good = {
      .number = 1, .uid = 1, .stream = 1, .sequence = 1, .data.size = 1};
  *m = good;
  expect_good();
  *m = good, m->number = 0;
  expect_bad("number");
  *m = good, m->uid = 0;
  expect_bad("sender");
  *m = good, m->stream = 6;
  expect_bad("stream");
  *m = good, m->sequence = 0;
  expect_bad("sequence");
  *m = good, m->data.size = 0;
  expect_bad("empty");
  begin(rejoin_ClusterMessage_datagram_tag);
  message.body.datagram.number = 1;
  expect_bad("sender");
}

static void test_kicks(void) {
  begin(rejoin_ClusterMessage_kicks_tag);
  expect_bad("no kicks");
  message.body.kicks.kicks_count = 1;
  rejoin_SharedKick *kick = &message.body.kicks.kicks[0];
  const rejoin_SharedKick good = {.id = 1, .uid = 1, .left_ms = 1, .version = 1};
  *kick = good;
  expect_good();
  *kick = good, kick->id = 0;
  expect_bad("without id");
  *kick = good, kick->version = 0;
  expect_bad("version");
  *kick = good, kick->uid = 0;
  expect_bad("nobody");
  *kick = good, kick->ip.size = 5;
  expect_bad("address");
  *kick = good, kick->left_ms = RJ_KICK_MAX_FOR / RJ_MILLISECOND + 1;
  expect_bad("too long");
  begin(rejoin_ClusterMessage_removal_tag);
  expect_bad("nobody");
}

/* Whatever comes is refused or within bounds. */
static void test_noise(void) {
  rj_random random;
  rj_random_seed(&random, 1);
  for (int i = 0; i < 200000; i++) {
    begin_page(3, 0, 3);
    size_t length = encoded();
    for (uint64_t j = 0, n = 1 + rj_random_below(&random, 6); j < n; j++)
      buffer[rj_random_below(&random, length)] = (uint8_t)rj_random_next(&random);
    length = rj_random_below(&random, length + 1);
    const char *why = "";
    bool good = rj_cluster_decode(&other, buffer, length, &why);
    g_assert_true(good == (why == NULL));
  }
  g_assert_false(rj_cluster_decode(&other, buffer, RJ_CLUSTER_MESSAGE_MAX + 1, NULL));
}

int main(int argc, char **argv) {
  g_test_init(&argc, &argv, NULL);
  g_test_add_func("/wire/cluster/largest", test_the_largest);
  g_test_add_func("/wire/cluster/bounds agree", test_bounds_agree);
  g_test_add_func("/wire/cluster/heads", test_heads);
  g_test_add_func("/wire/cluster/changes", test_changes);
  g_test_add_func("/wire/cluster/pages", test_pages);
  g_test_add_func("/wire/cluster/stream messages", test_stream_messages);
  g_test_add_func("/wire/cluster/kicks", test_kicks);
  g_test_add_func("/wire/cluster/noise", test_noise);
  return g_test_run();
}
