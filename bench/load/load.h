/* What the load programs share: their options, the pace of joining, and how they talk with the bench that drives them.
 *
 * A load program joins --members members at --rate a second, never more than --window at once, prints "joined N" when all are in,
 * and "latency_us p50 A p90 B p99 C max D": from the call to the answer. Then it
 * idles until its standard input ends (or --limit seconds have passed) and prints "alive N": how many were in to the end.
 * Exit status 1 and a text on standard error when not all could join.
 */
#ifndef RJ_BENCH_LOAD_H
#define RJ_BENCH_LOAD_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
  const char *url;         /* rejoin://HOST:PORT, or HOST:PORT of a broker */
  const char *fingerprint; /* of the edge's certificate; brokers: unused */
  const char *app_id;      /* NULL: none; brokers: unused */
  const char
      *certificate; /* of the app: members join with tokens; NULL: without; brokers: unused */
  int32_t members;
  int32_t channel_size; /* members per channel; brokers: unused */
  int32_t rate;         /* joins begun per second */
  int32_t window;       /* joins under way at once */
  int32_t beat_ms;      /* a keep-alive this often */
  int32_t limit_s;      /* end by itself after so long */
} load_options;

/* Reads the command line; on a mistake says which and ends the process with 2. */
load_options load_options_read(int argc, char **argv);

/* Lets this process have descriptors for so many members; ends it with 1 where the system does not allow that. */
void load_need_descriptors(int32_t members);

/* Monotonic, in ns. */
int64_t load_now(void);

/* How many joins may begin now, given when the first could, how many have begun and how many are done. */
int32_t load_may_begin(const load_options *options, int64_t since_start, int32_t begun,
                       int32_t done);

/* The member of this number begins to join now, or is in. Only the first call of each counts. */
void load_note_begun(const load_options *options, int32_t number);
void load_note_joined(int32_t number);
/* Prints "joined N" and the line of latencies. */
void load_print_joined(int32_t joined);

/* True once standard input has ended. */
bool load_told_to_stop(void);

/* A progress line every 500 members, on standard error. */
void load_progress(const char *what, int32_t done, int32_t of);

#endif
