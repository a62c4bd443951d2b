/* Every bound of the administration over HTTP, by name. What reaching it gives stands beside it. */
#ifndef RJ_HTTP_LIMITS_H
#define RJ_HTTP_LIMITS_H

enum {
  RJ_HTTP_CONNECTIONS = 128,       /* at once; beyond: closed at once */
  RJ_HTTP_REQUEST_SECONDS = 10,    /* for a whole request to come; beyond: closed */
  RJ_HTTP_ANSWER_SECONDS = 60,     /* for an answer to be taken; beyond: closed */
  RJ_HTTP_BODY = 64 << 10,         /* bytes of a request's body; beyond: 413 */
  RJ_HTTP_QUERY = 4 << 10,         /* bytes of a query; beyond: 414 */
  RJ_HTTP_PAGE = 1000,             /* things in one page; beyond: 400 */
  RJ_HTTP_PAGE_DEFAULT = 100,      /* … unless said */
  RJ_HTTP_LOOKS = 1 << 16,         /* members looked at for one page; beyond: a shorter page */
  RJ_HTTP_KICKS_LOOKS = 1 << 14,   /* kicks looked at for one page; beyond: a shorter page */
  RJ_HTTP_KICKS_HOLD = 64,         /* kicks looked at in one hold of the host */
  RJ_HTTP_OBSERVATIONS = 8192,     /* told by the edge and not taken yet; beyond: lost, a gap */
  RJ_HTTP_OBSERVATIONS_TAKEN = 64, /* taken in one hold of the hand-over's lock */
  RJ_HTTP_EVENTS = 8192,  /* kept for listeners that resume; beyond: the oldest is forgotten */
  RJ_HTTP_LISTENERS = 32, /* event streams at once; beyond: 503 */
  RJ_HTTP_STREAM_BYTES = 256 << 10, /* given to a listener and not written yet; beyond: it waits */
  RJ_HTTP_HEARTBEAT_SECONDS = 15,
  RJ_HTTP_HISTORY = 32, /* entries of one session; beyond: the oldest but the first is forgotten */
  RJ_HTTP_HISTORIES = 1 << 18,    /* sessions with a history; beyond: they have none */
  RJ_HTTP_HISTORIES_ENDED = 4096, /* … of ended ones; beyond: the oldest is forgotten */
  RJ_HTTP_WEBHOOK_EVENTS =
      10000,                   /* waiting to be delivered; beyond: the oldest is dropped, counted */
  RJ_HTTP_WEBHOOK_BATCH = 100, /* events in one delivery */
  RJ_HTTP_WEBHOOK_SECONDS = 15, /* for the receiver to answer; beyond: tried again */
  RJ_HTTP_WEBHOOK_BACKOFF_MS = 500,
  RJ_HTTP_WEBHOOK_BACKOFF_MAX_MS = 60000,
  RJ_HTTP_WEBHOOK_USERS =
      100000, /* whose events are numbered; beyond: the one unheard of longest begins anew */
  RJ_HTTP_TOKEN_MIN = 16, /* bytes of a token or secret; below: an error at the start */
  RJ_HTTP_TOKEN_MAX = 1024,
};

#endif
