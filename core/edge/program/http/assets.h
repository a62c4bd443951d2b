/* Files that are part of the program: the inspector's page and the API's description. assets.c is made of them by the build. */
#ifndef RJ_HTTP_ASSETS_H
#define RJ_HTTP_ASSETS_H

#include <stddef.h>

typedef struct {
  const char *name; /* "inspector.css" */
  const unsigned char *data;
  size_t length;
} rj_http_asset;

extern const rj_http_asset rj_http_assets[];
extern const size_t rj_http_asset_count;

#endif
