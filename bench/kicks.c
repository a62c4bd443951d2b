/* What 1,000,000 kicks cost an edge with a data directory.
 * Making each, keeping them, holding a join against all of them, and reading them at the next start. */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/numbers.h"
#include "host/kick_file.h"

enum { KICKS = RJ_EDGE_KICKS, LOOKS = 1000000 };

static int64_t clock_now(void) {
  struct timespec time;
  (void)clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * RJ_SECOND + time.tv_nsec;
}

static double rss_mb(void) {
  long total = 0, resident = 0;
  FILE *in = fopen("/proc/self/statm", "r");
  if (in == NULL || fscanf(in, "%ld %ld", &total, &resident) != 2)
    resident = 0;
  if (in != NULL)
    fclose(in);
  return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

static rj_kick_file *open_file(const char *directory, rj_kicks *kicks, int64_t now) {
  char error[RJ_HOST_ERROR_SIZE];
  int32_t status;
  rj_kick_file *file = rj_kick_file_open(directory, kicks, now, now, &status, error);
  if (file == NULL) {
    fprintf(stderr, "%s\n", error);
    exit(1);
  }
  return file;
}

static void put(rj_kicks *kicks, rj_kick_file *file, uint32_t uid, int64_t now) {
  const rj_kick_rule rule = {.app_id = "app", .channel = "demo", .uid = uid};
  uint64_t id;
  if (rj_kicks_put(kicks, &rule, now + RJ_KICK_MAX_FOR, now, &id) != STATUS_OK)
    exit(1);
  if (file != NULL)
    rj_kick_file_note(file, id, now, now);
}

static void look(const rj_kicks *kicks, int64_t now) {
  uint32_t found = 0;
  int64_t began = clock_now();
  for (uint32_t i = 0; i < LOOKS; i++) {
    const rj_kick_rule member = {
        .app_id = "app",
        .channel = "demo",
        .uid = 1 + i * 2654435761u % (2 * KICKS),
        .ip = {.family = RJ_ADDRESS_IPV4, .bytes = {10, 0, 0, 1}},
    };
    found += rj_kicks_fit(kicks, &member, now);
  }
  printf("  a join held against them     %8.0f ns (%u of %u fit)\n",
         (double)(clock_now() - began) / LOOKS, found, (unsigned)LOOKS);
}

int main(void) {
  char directory[] = "/tmp/rejoin-kicks-XXXXXX", path[64];
  if (mkdtemp(directory) == NULL) {
    perror(directory);
    return 1;
  }
  int64_t now = RJ_SECOND, began = clock_now();
  double before = rss_mb();
  rj_kicks *kicks = rj_kicks_new();
  for (uint32_t uid = 1; uid <= KICKS; uid++)
    put(kicks, NULL, uid, now);
  printf("  a kick, in memory            %8.0f ns\n", (double)(clock_now() - began) / KICKS);
  printf("  %d kicks                %8.0f MB, %.0f bytes each\n", (int)KICKS, rss_mb() - before,
         (rss_mb() - before) * 1e6 / KICKS);
  look(kicks, now);
  rj_kicks_free(kicks);

  kicks = rj_kicks_new();
  rj_kick_file *file = open_file(directory, kicks, now);
  began = clock_now();
  for (uint32_t uid = 1; uid <= KICKS; uid++)
    put(kicks, file, uid, now);
  printf("  a kick, with its file        %8.0f ns\n", (double)(clock_now() - began) / KICKS);
  rj_kick_file_free(file);
  rj_kicks_free(kicks);
  struct stat state;
  snprintf(path, sizeof path, "%s/kicks", directory);
  if (stat(path, &state) == 0)
    printf("  the file                     %8.0f MB\n", (double)state.st_size / 1e6);

  kicks = rj_kicks_new();
  began = clock_now();
  file = open_file(directory, kicks, now);
  printf("  reading and writing it anew  %8.0f ms (%zu kicks)\n",
         (double)(clock_now() - began) / 1e6, rj_kicks_count(kicks, now));
  rj_kick_file_free(file);
  rj_kicks_free(kicks);
  unlink(path);
  rmdir(directory);
  return 0;
}
