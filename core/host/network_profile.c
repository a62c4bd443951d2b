/* The ready profiles: networks that people know, in numbers. docs/networks.md has them as a table. */
#include "host/network_profile.h"

#include <stddef.h>

#include "base/numbers.h"

#define MS RJ_MILLISECOND
#define S  RJ_SECOND

/* clang-format off */

#define GOOD_WIFI {.delay_ns = 8 * MS, .jitter_ns = 4 * MS}
#define GOOD_4G   {.delay_ns = 45 * MS, .jitter_ns = 25 * MS, .loss = 0.005}
#define NOTHING   {.blackhole = 1}
#define FADING    {.delay_ns = 120 * MS, .jitter_ns = 80 * MS, .loss = 0.3, .burst = 6}

static const rj_network_profile_step third_generation[] = {
    {.at = 0,
     .up = {.delay_ns = 60 * MS, .jitter_ns = 40 * MS, .loss = 0.01, .burst = 3, .rate = 48000, .queue = 32768},
     .down = {.delay_ns = 60 * MS, .jitter_ns = 40 * MS, .loss = 0.01, .burst = 3, .rate = 250000, .queue = 65536}},
};

static const rj_network_profile_step lift[] = {
    {.at = 0, .up = GOOD_WIFI, .down = GOOD_WIFI},
    {.at = 20 * S, .up = FADING, .down = FADING},
    {.at = 23 * S, .up = NOTHING, .down = NOTHING},
    {.at = 48 * S, .up = FADING, .down = FADING},
    {.at = 51 * S, .up = GOOD_WIFI, .down = GOOD_WIFI},
};

static const rj_network_profile_step train_tunnel[] = {
    {.at = 0, .up = GOOD_4G, .down = GOOD_4G},
    {.at = 30 * S, .up = FADING, .down = FADING},
    {.at = 35 * S, .up = NOTHING, .down = NOTHING},
    {.at = 77 * S, .up = FADING, .down = FADING},
    {.at = 82 * S, .up = GOOD_4G, .down = GOOD_4G},
};

static const rj_network_profile_step hotel_wifi[] = {
    {.at = 0,
     .up = {.delay_ns = 15 * MS, .jitter_ns = 120 * MS, .loss = 0.04, .burst = 6, .rate = 60000, .queue = 262144},
     .down = {.delay_ns = 15 * MS, .jitter_ns = 120 * MS, .loss = 0.04, .burst = 6, .rate = 250000, .queue = 262144}},
};

static const rj_network_profile_step wifi_to_cellular[] = {
    {.at = 0, .up = GOOD_WIFI, .down = GOOD_WIFI},
    {.at = 20 * S,
     .up = {.delay_ns = 30 * MS, .jitter_ns = 200 * MS, .loss = 0.4, .burst = 10},
     .down = {.delay_ns = 30 * MS, .jitter_ns = 200 * MS, .loss = 0.4, .burst = 10}},
    {.at = 25 * S, .up = GOOD_4G, .down = GOOD_4G, .moves = true, .network = NETWORK_4G, .overlap = 2 * S},
};

static const rj_network_profile_step uplink_dies[] = {
    {.at = 0, .up = GOOD_WIFI, .down = GOOD_WIFI},
    {.at = 15 * S, .up = NOTHING, .down = GOOD_WIFI},
    {.at = 75 * S, .up = GOOD_WIFI, .down = GOOD_WIFI},
};

static const rj_network_profile_step flapping[] = {
    {.at = 0, .up = GOOD_WIFI, .down = GOOD_WIFI},
    {.at = 7 * S, .up = NOTHING, .down = NOTHING},
};

#define STEPS(array) array, sizeof(array) / sizeof((array)[0])

static const rj_network_profile profiles[] = {
    {"3g", "a slow and narrow mobile network, all the time", STEPS(third_generation), 0},
    {"lift", "good wifi, then half a minute in a lift, and good wifi again", STEPS(lift), 0},
    {"train-tunnel", "a train with good 4G that goes through a tunnel of 42 s every three minutes", STEPS(train_tunnel), 180 * S},
    {"hotel-wifi", "too many guests: long queues, and losses in runs, all the time", STEPS(hotel_wifi), 0},
    {"wifi-to-cellular", "somebody walks out of the house: the wifi fades, and the phone takes 4G", STEPS(wifi_to_cellular), 0},
    {"uplink-dies", "what is sent gets lost for a minute, what comes still comes", STEPS(uplink_dies), 0},
    {"flapping", "seven seconds of good wifi, five seconds of nothing, again and again", STEPS(flapping), 12 * S},
};

/* clang-format on */

const rj_network_profile *rj_network_profile_at(uint32_t number) {
  return number < sizeof profiles / sizeof profiles[0] ? &profiles[number] : NULL;
}

static char folded(char c) {
  return c == ' ' || c == '_' ? '-' : c;
}

static bool same_name(const char *a, const char *b) {
  while (*a != '\0' && folded(*a) == folded(*b)) {
    a++;
    b++;
  }
  return *a == *b;
}

const rj_network_profile *rj_network_profile_find(const char *name) {
  const rj_network_profile *profile;
  for (uint32_t i = 0; (profile = rj_network_profile_at(i)) != NULL; i++)
    if (same_name(name, profile->name))
      return profile;
  return NULL;
}
