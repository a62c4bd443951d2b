/* Prometheus' text format 0.0.4: families, samples and histograms. */
#ifndef RJ_HTTP_METRICS_TEXT_H
#define RJ_HTTP_METRICS_TEXT_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

enum { RJ_HISTOGRAM_BUCKETS = 16 };

/* bounds: ascending, in seconds, `count` of them (at most RJ_HISTOGRAM_BUCKETS); static. */
typedef struct {
  const double *bounds;
  size_t count;
  uint64_t buckets[RJ_HISTOGRAM_BUCKETS + 1]; /* the last one: beyond all bounds */
  double sum;
} rj_histogram;

void rj_histogram_observe(rj_histogram *histogram, double seconds);

/* HELP and TYPE of a family; its samples follow. type: "gauge", "counter" or "histogram". */
void rj_metrics_family(GString *out, const char *name, const char *type, const char *help);
/* label NULL: none. Values that are whole are written so. */
void rj_metrics_sample(GString *out, const char *name, const char *label, const char *label_value,
                       double value);
void rj_metrics_count(GString *out, const char *name, const char *label, const char *label_value,
                      uint64_t value);
/* A family of one sample. */
void rj_metrics_gauge(GString *out, const char *name, const char *help, double value);
void rj_metrics_counter(GString *out, const char *name, const char *help, uint64_t value);
void rj_metrics_histogram(GString *out, const char *name, const char *help,
                          const rj_histogram *histogram);

#endif
