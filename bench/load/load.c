/* What the load programs share: options, descriptors, pace, and the end of standard input. */
#define _GNU_SOURCE
#include "load.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static const int64_t SECOND = 1000000000;

static int32_t number(const char *name, const char *text, int32_t least, int32_t most) {
  char *end = NULL;
  errno = 0;
  long value = strtol(text, &end, 10);
  if (errno != 0 || end == text || *end != '\0' || value < least || value > most) {
    fprintf(stderr, "%s is '%s'; it is a number from %d to %d\n", name, text, least, most);
    exit(2);
  }
  return (int32_t)value;
}

load_options load_options_read(int argc, char **argv) {
  load_options options = {.members = 100,
                          .channel_size = 10,
                          .rate = 300,
                          .window = 100,
                          .beat_ms = 1300,
                          .limit_s = 600};
  for (int i = 1; i < argc; i += 2) {
    const char *name = argv[i];
    if (i + 1 == argc) {
      fprintf(stderr, "%s needs a value\n", name);
      exit(2);
    }
    const char *value = argv[i + 1];
    if (strcmp(name, "--url") == 0)
      options.url = value;
    else if (strcmp(name, "--fingerprint") == 0)
      options.fingerprint = value;
    else if (strcmp(name, "--app-id") == 0)
      options.app_id = value;
    else if (strcmp(name, "--certificate") == 0)
      options.certificate = value;
    else if (strcmp(name, "--members") == 0)
      options.members = number(name, value, 1, 100000);
    else if (strcmp(name, "--channel-size") == 0)
      options.channel_size = number(name, value, 1, 1000);
    else if (strcmp(name, "--rate") == 0)
      options.rate = number(name, value, 1, 100000);
    else if (strcmp(name, "--window") == 0)
      options.window = number(name, value, 1, 100000);
    else if (strcmp(name, "--beat-ms") == 0)
      options.beat_ms = number(name, value, 10, 60000);
    else if (strcmp(name, "--limit") == 0)
      options.limit_s = number(name, value, 1, 3600);
    else {
      fprintf(stderr,
              "unknown option %s; there are --url --fingerprint --app-id --certificate --members "
              "--channel-size --rate --window --beat-ms --limit\n",
              name);
      exit(2);
    }
  }
  if (options.url == NULL) {
    fprintf(stderr, "--url is missing\n");
    exit(2);
  }
  return options;
}

void load_need_descriptors(int32_t members) {
  const rlim_t need = (rlim_t)members + 64;
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < need) {
    limit.rlim_cur = need;
    if (limit.rlim_max < need)
      limit.rlim_max = need;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
      fprintf(stderr, "%d members need %llu descriptors and this system allows fewer: ulimit -n\n",
              members, (unsigned long long)need);
      exit(1);
    }
  }
}

int64_t load_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * SECOND + now.tv_nsec;
}

int32_t load_may_begin(const load_options *options, int64_t since_start, int32_t begun,
                       int32_t done) {
  int64_t by_rate = since_start * options->rate / SECOND + 1 - begun;
  int64_t by_window = options->window - (begun - done);
  int64_t left = options->members - begun;
  int64_t may = by_rate < by_window ? by_rate : by_window;
  if (may > left)
    may = left;
  return may < 0 ? 0 : (int32_t)may;
}

/* When each member began, then how long it took; ns. */
static int64_t *began, *took;
static int32_t took_count;

void load_note_begun(const load_options *options, int32_t number) {
  if (began == NULL) {
    began = calloc((size_t)options->members, sizeof *began);
    took = calloc((size_t)options->members, sizeof *took);
    if (began == NULL || took == NULL) {
      fprintf(stderr, "out of memory\n");
      exit(1);
    }
  }
  began[number] = load_now();
}

void load_note_joined(int32_t number) {
  if (began[number] == 0)
    return;
  took[took_count++] = load_now() - began[number];
  began[number] = 0;
}

static int by_value(const void *a, const void *b) {
  const int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;
  return (one > other) - (one < other);
}

static double quantile_us(double share) {
  return (double)took[(int32_t)(share * (took_count - 1) + 0.5)] / 1e3;
}

void load_print_joined(int32_t joined) {
  printf("joined %d\n", joined);
  if (took_count > 0) {
    qsort(took, (size_t)took_count, sizeof *took, by_value);
    printf("latency_us p50 %.0f p90 %.0f p99 %.0f max %.0f\n", quantile_us(0.5), quantile_us(0.9),
           quantile_us(0.99), quantile_us(1));
  }
  fflush(stdout);
}

bool load_told_to_stop(void) {
  struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
  char ignored[64];
  if (poll(&input, 1, 0) <= 0)
    return false;
  return read(STDIN_FILENO, ignored, sizeof ignored) <= 0;
}

void load_progress(const char *what, int32_t done, int32_t of) {
  if (done % 500 == 0 && done < of)
    fprintf(stderr, "      %s %d of %d\n", what, done, of);
}
