/* Writes JSON into a string: whole 64-bit numbers, and text of whatever bytes. */
#ifndef RJ_HTTP_JSON_H
#define RJ_HTTP_JSON_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Begins as {.out = a GString}; an object or array that was begun is to be ended. Keys are ours, and are
 * written as they are; NULL within arrays and for the outermost value. */
typedef struct {
  GString *out;
  bool follows; /* a comma is due before the next value */
} rj_json;

void rj_json_begin(rj_json *json, const char *key, char bracket); /* '{' or '[' */
void rj_json_end(rj_json *json, char bracket);                    /* '}' or ']' */
/* NULL is null. What is no UTF-8 is written as U+FFFD. */
void rj_json_text(rj_json *json, const char *key, const char *value);
void rj_json_count(rj_json *json, const char *key, uint64_t value);
void rj_json_whole(rj_json *json, const char *key, int64_t value);
/* ns as milliseconds, to the microsecond; negative ones are null. */
void rj_json_ms(rj_json *json, const char *key, int64_t ns);
void rj_json_bool(rj_json *json, const char *key, bool value);
void rj_json_null(rj_json *json, const char *key);
/* 64 bits as 16 hexadecimal digits; 0 is null. */
void rj_json_id(rj_json *json, const char *key, uint64_t value);
/* A value that is JSON already. */
void rj_json_raw(rj_json *json, const char *key, const char *value);

#endif
