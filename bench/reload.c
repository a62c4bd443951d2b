/* How long a reload keeps an edge's packet loop waiting: 1,024 apps, all limits and a certificate (budget: 5 ms). What is read
 * and checked beforehand is not in it: that happens on the caller's thread. */
#define _POSIX_C_SOURCE 200809L
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "base/numbers.h"
#include "host/host.h"

enum { RELOADS = 500 };

/* Processor time: what else this machine does is not the reload's. */
static int64_t clock_now(void) {
  struct timespec time;
  (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec * RJ_SECOND + time.tv_nsec;
}

static rj_certificate *make_certificate(void) {
  char error[RJ_CREDENTIALS_ERROR_SIZE];
  int32_t status;
  rj_credentials_files files;
  if (rj_credentials_generate(&files, INT64_C(1800000000) * RJ_SECOND, error) != STATUS_OK)
    exit(1);
  rj_certificate *made = rj_certificate_new(files.certificate_pem, files.certificate_length,
                                            files.key_pem, files.key_length, &status, error);
  rj_credentials_files_clear(&files);
  return made != NULL ? made : (exit(1), NULL);
}

static rj_server_app *make_apps(void) {
  rj_server_app *apps = g_new0(rj_server_app, RJ_EDGE_APPS);
  for (int i = 0; i < RJ_EDGE_APPS; i++) {
    apps[i].app_id = g_strdup_printf("%032x", i);
    apps[i].certificates[0] = g_strdup_printf("%032x", i + 1);
    apps[i].certificates[1] = g_strdup_printf("%032x", i + 2);
  }
  return apps;
}

static int compare(const void *a, const void *b) {
  int64_t one = *(const int64_t *)a, two = *(const int64_t *)b;
  return (one > two) - (one < two);
}

int main(void) {
  char error[RJ_HOST_ERROR_SIZE];
  int32_t status;
  rj_host *host = rj_host_new(&(rj_host_config){0}, &status, error);
  rj_host_server_config config = {0};
  rj_server_timers_default(&config.server.timers, 1);
  rj_host_server *server = host == NULL ? NULL : rj_host_server_new(host, &config, &status, error);
  if (server == NULL) {
    fprintf(stderr, "%s\n", error);
    return 1;
  }
  static int64_t held[RELOADS];
  const rj_server_app *apps = make_apps();
  for (int i = 0; i < RELOADS; i++) {
    const rj_host_server_changes changes = {
        .apps = apps, .app_count = RJ_EDGE_APPS, .certificate = make_certificate()};
    (void)rj_host_enter(host);
    int64_t began = clock_now();
    if (rj_host_server_change(server, &changes, error) != STATUS_OK)
      return 1;
    held[i] = clock_now() - began;
    rj_host_leave(host);
    rj_certificate_release(changes.certificate);
  }
  qsort(held, RELOADS, sizeof held[0], compare);
  const int64_t median = held[RELOADS / 2], late = held[RELOADS - RELOADS / 100];
  printf("a reload of %d apps holds the loop %.2f ms (median of %d), %.2f ms (99 %%)\n",
         RJ_EDGE_APPS, (double)median / 1e6, RELOADS, (double)late / 1e6);
  rj_host_free(host);
  return 0;
}
