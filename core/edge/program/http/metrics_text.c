/* Writing the exposition format: escapes, numbers as any locale has them in C, cumulative buckets. */
#include "edge/program/http/metrics_text.h"

#include <inttypes.h>
#include <math.h>

void rj_histogram_observe(rj_histogram *histogram, double seconds) {
  size_t i = 0;
  while (i < histogram->count && !(seconds <= histogram->bounds[i]))
    i++;
  histogram->buckets[i]++;
  histogram->sum += seconds;
}

static void append_help(GString *out, const char *text) {
  for (const char *c = text; *c != '\0'; c++) {
    if (*c == '\\')
      g_string_append(out, "\\\\");
    else if (*c == '\n')
      g_string_append(out, "\\n");
    else
      g_string_append_c(out, *c);
  }
}

static void append_label(GString *out, const char *text) {
  for (const char *c = text; *c != '\0'; c++) {
    if (*c == '"')
      g_string_append(out, "\\\"");
    else if (*c == '\\')
      g_string_append(out, "\\\\");
    else if (*c == '\n')
      g_string_append(out, "\\n");
    else
      g_string_append_c(out, *c);
  }
}

static void append_number(GString *out, double value) {
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  if (isinf(value))
    g_string_append(out, value > 0 ? "+Inf" : "-Inf");
  else
    g_string_append(out, g_ascii_formatd(text, sizeof text, "%.15g", value));
}

static void append_name(GString *out, const char *name, const char *label,
                        const char *label_value) {
  g_string_append(out, name);
  if (label != NULL) {
    g_string_append_printf(out, "{%s=\"", label);
    append_label(out, label_value);
    g_string_append(out, "\"}");
  }
  g_string_append_c(out, ' ');
}

void rj_metrics_family(GString *out, const char *name, const char *type, const char *help) {
  g_string_append_printf(out, "# HELP %s ", name);
  append_help(out, help);
  g_string_append_printf(out, "\n# TYPE %s %s\n", name, type);
}

void rj_metrics_sample(GString *out, const char *name, const char *label, const char *label_value,
                       double value) {
  append_name(out, name, label, label_value);
  append_number(out, value);
  g_string_append_c(out, '\n');
}

void rj_metrics_count(GString *out, const char *name, const char *label, const char *label_value,
                      uint64_t value) {
  append_name(out, name, label, label_value);
  g_string_append_printf(out, "%" PRIu64 "\n", value);
}

void rj_metrics_gauge(GString *out, const char *name, const char *help, double value) {
  rj_metrics_family(out, name, "gauge", help);
  rj_metrics_sample(out, name, NULL, NULL, value);
}

void rj_metrics_counter(GString *out, const char *name, const char *help, uint64_t value) {
  rj_metrics_family(out, name, "counter", help);
  rj_metrics_count(out, name, NULL, NULL, value);
}

void rj_metrics_histogram(GString *out, const char *name, const char *help,
                          const rj_histogram *histogram) {
  uint64_t total = 0;
  char *bucket = g_strconcat(name, "_bucket", NULL);
  rj_metrics_family(out, name, "histogram", help);
  for (size_t i = 0; i < histogram->count; i++) {
    char bound[G_ASCII_DTOSTR_BUF_SIZE];
    total += histogram->buckets[i];
    g_ascii_formatd(bound, sizeof bound, "%.15g", histogram->bounds[i]);
    rj_metrics_count(out, bucket, "le", bound, total);
  }
  total += histogram->buckets[histogram->count];
  rj_metrics_count(out, bucket, "le", "+Inf", total);
  g_free(bucket);
  g_string_append_printf(out, "%s_sum ", name);
  append_number(out, histogram->sum);
  g_string_append_printf(out, "\n%s_count %" PRIu64 "\n", name, total);
}
