/**
 * Rejoin: be in a channel, and know what happens when the network goes bad.
 *
 * # The shape of it
 *
 * A runtime moves packets and time. Clients and edges live in a runtime. A client is one user in
 * one channel at a time; a process may hold thousands. An edge is the server. A runtime is either
 * real (UDP, the clock that counts time asleep) or simulated (a virtual network in virtual time;
 * nothing moves but inside rj_runtime_run); the code in between is the same.
 *
 * # The loop
 *
 * Calls return at once; what came of them arrives as events. Each client has a queue of events;
 * whoever drains it decides the thread:
 *
 *     int32_t status = rj_runtime_new(NULL, &runtime);
 *     status = rj_client_new(runtime, &options, &client);
 *     status = rj_client_join_channel(client, NULL, "demo", 1);
 *     for (;;) {
 *       poll() on rj_client_event_fd(client);
 *       rj_event event = {.size = sizeof event};
 *       while (rj_client_next_event(client, &event) == 1) ...
 *     }
 *
 * Or set a listener and call rj_client_dispatch where the code above calls rj_client_next_event.
 * One event fd serves all clients of a runtime: rj_runtime_event_fd and rj_runtime_next_ready.
 *
 * # Threads
 *
 * Any function may be called from any thread, and inside a listener or a wakeup callback, but for
 * what its text says. A real runtime has one thread of its own (named "rejoin"), which never runs
 * your code, the wakeup callback excepted. A simulated runtime has none. No lock is held while your
 * code runs. The events of one client are totally ordered and are handed to one caller at a time.
 *
 * # Ownership
 *
 * Handles belong to the caller until their _free. Strings and structs that you give are copied
 * before the call returns. What is written for you is written into memory that you give. Text that
 * is returned is borrowed, until when is said. Free clients and edges before their runtime; a
 * runtime that is freed first makes the calls on them return RJ_ERR_NOT_INITIALIZED, and they
 * still must be freed.
 *
 * # Errors
 *
 * A call returns 0 (or a count) or a negative rj_status; nothing has happened then. The text of a
 * handle's last failed call on this thread names the argument and the rule: rj_client_error_text
 * and its sisters. For a failed rj_*_new look at the runtime's text, for a failed rj_runtime_new
 * and for calls on NULL at rj_runtime_error_text(NULL). A call on a NULL handle never crashes: it
 * returns RJ_ERR_INVALID_ARGUMENT, or what a handle without anything would.
 *
 * # Compatibility
 *
 * Structs begin with `size`: set it to sizeof. They only grow at the end: a library takes smaller
 * ones from older programs, and larger ones from newer programs when what it does not know is zero
 * (else RJ_ERR_NOT_SUPPORTED). Zero means the default in every option. Enums travel as int32_t and
 * may get new values: treat unknown ones as such. Functions are never removed or changed within a
 * major version.
 *
 * Numbers, rows such as S-3, and timings are those of docs/behaviour.md.
 */
#ifndef REJOIN_H
#define REJOIN_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__) || defined(__clang__)
#define RJ_API __attribute__((visibility("default")))
#else
#define RJ_API
#endif

/* Clang (and so Swift) learns what may be NULL and that enums may grow; other compilers see
 * nothing. */
#if defined(__clang__)
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-extension"
#define RJ_NONNULL  _Nonnull
#define RJ_NULLABLE _Nullable
#else
#define RJ_NONNULL
#define RJ_NULLABLE
#endif

#if defined(__clang__)
#define RJ_ENUM_OPEN __attribute__((enum_extensibility(open)))
#else
#define RJ_ENUM_OPEN
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ================================================================ numbers */

/** The five states of a client (SPEC section 1). */
typedef enum RJ_ENUM_OPEN rj_state {
  RJ_STATE_DISCONNECTED = 1, /**< not in a channel and not trying */
  RJ_STATE_CONNECTING = 2,   /**< join was called, no answer yet */
  RJ_STATE_CONNECTED = 3,    /**< in the channel */
  RJ_STATE_RECONNECTING = 4, /**< the edge was not heard for 4 s or does not know us; rejoining */
  RJ_STATE_FAILED =
      5 /**< refused, removed, or 20 minutes without success; leave, then join again */
} rj_state;

/** Why the state changed (SPEC section 1). */
typedef enum RJ_ENUM_OPEN rj_reason {
  RJ_REASON_CONNECTING = 0,                 /**< join was called */
  RJ_REASON_JOIN_SUCCESS = 1,               /**< joined; in dialect 3x also rejoined */
  RJ_REASON_INTERRUPTED = 2,                /**< no proof for 4 s */
  RJ_REASON_BANNED_BY_SERVER = 3,           /**< kicked or banned */
  RJ_REASON_JOIN_FAILED = 4,                /**< 20 minutes without success */
  RJ_REASON_LEAVE_CHANNEL = 5,              /**< the app left */
  RJ_REASON_INVALID_APP_ID = 6,             /**< the edge does not know the app id */
  RJ_REASON_INVALID_CHANNEL_NAME = 7,       /**< the edge refuses the name */
  RJ_REASON_INVALID_TOKEN = 8,              /**< malformed, or not for this user here */
  RJ_REASON_TOKEN_EXPIRED = 9,              /**< the token or its privilege to join ran out */
  RJ_REASON_REJECTED_BY_SERVER = 10,        /**< any other lasting refusal */
  RJ_REASON_SETTING_PROXY_SERVER = 11,      /**< reserved */
  RJ_REASON_RENEW_TOKEN = 12,               /**< renew_token revived it after 9; only in 4x */
  RJ_REASON_CLIENT_IP_ADDRESS_CHANGED = 13, /**< the connection could not move along */
  RJ_REASON_KEEP_ALIVE_TIMEOUT = 14, /**< the edge does not know us any more, or is restarting */
  RJ_REASON_REJOIN_SUCCESS = 15,     /**< rejoined; only in dialect 4x */
  RJ_REASON_LOST = 16,               /**< no proof for 10 s; only in dialect 4x */
  RJ_REASON_ECHO_TEST = 17,          /**< reserved */
  RJ_REASON_CLIENT_IP_ADDRESS_CHANGED_BY_USER = 18, /**< reserved */
  RJ_REASON_SAME_UID_LOGIN = 19,                    /**< the same uid joined from elsewhere */
  RJ_REASON_TOO_MANY_BROADCASTERS = 20,             /**< the channel's limit of broadcasters */
  RJ_REASON_LICENSE_VALIDATION_FAILURE = 21,        /**< reserved */
  RJ_REASON_CERTIFICATION_VERIFY_FAILURE = 22, /**< the edge's certificate failed verification */
  RJ_REASON_STREAM_CHANNEL_NOT_AVAILABLE = 23, /**< reserved */
  RJ_REASON_INCONSISTENT_APPID = 24            /**< the token's app id is another one */
} rj_reason;

/** Why a peer went offline (SPEC section 4). */
typedef enum RJ_ENUM_OPEN rj_offline_reason {
  RJ_OFFLINE_QUIT = 0,           /**< it left, or the edge removed it */
  RJ_OFFLINE_DROPPED = 1,        /**< the edge has not heard it for 20 s */
  RJ_OFFLINE_BECOME_AUDIENCE = 2 /**< it stopped broadcasting */
} rj_offline_reason;

/** The kind of network that a device uses. */
typedef enum RJ_ENUM_OPEN rj_network {
  RJ_NETWORK_UNKNOWN = -1,
  RJ_NETWORK_DISCONNECTED = 0,
  RJ_NETWORK_LAN = 1,
  RJ_NETWORK_WIFI = 2,
  RJ_NETWORK_2G = 3,
  RJ_NETWORK_3G = 4,
  RJ_NETWORK_4G = 5,
  RJ_NETWORK_5G = 6
} rj_network;

/** Who is seen by whom in a channel (SPEC section 4). */
typedef enum RJ_ENUM_OPEN rj_role { RJ_ROLE_BROADCASTER = 1, RJ_ROLE_AUDIENCE = 2 } rj_role;

/** The first member fixes the channel's profile. */
typedef enum RJ_ENUM_OPEN rj_profile {
  RJ_PROFILE_COMMUNICATION = 0,
  RJ_PROFILE_LIVE_BROADCASTING = 1
} rj_profile;

/** Which reasons are told: 3x is the default; 4x adds 12, 15 and 16. */
typedef enum RJ_ENUM_OPEN rj_dialect { RJ_DIALECT_3X = 3, RJ_DIALECT_4X = 4 } rj_dialect;

/** What calls return. */
typedef enum RJ_ENUM_OPEN rj_status {
  RJ_OK = 0,
  RJ_ERR_FAILED = -1,
  RJ_ERR_INVALID_ARGUMENT = -2,
  RJ_ERR_NOT_READY = -3,
  RJ_ERR_NOT_SUPPORTED = -4,
  RJ_ERR_REFUSED = -5,
  RJ_ERR_BUFFER_TOO_SMALL = -6,
  RJ_ERR_NOT_INITIALIZED = -7,
  RJ_ERR_INVALID_STATE = -8,
  RJ_ERR_NO_PERMISSION = -9,
  RJ_ERR_TIMED_OUT = -10,
  RJ_ERR_JOIN_CHANNEL_REJECTED = -17,
  RJ_ERR_LEAVE_CHANNEL_REJECTED = -18,
  RJ_ERR_RESOURCE_LIMITED = -22,
  RJ_ERR_INVALID_CHANNEL_NAME = -102,
  RJ_ERR_TOKEN_EXPIRED = -109,
  RJ_ERR_INVALID_TOKEN = -110,
  RJ_ERR_NOT_IN_CHANNEL = -113,
  RJ_ERR_SIZE_TOO_LARGE = -114,
  RJ_ERR_BITRATE_LIMIT = -115,
  RJ_ERR_TOO_MANY_DATA_STREAMS = -116,
  RJ_ERR_INVALID_USER_ID = -121
} rj_status;

/** The kinds of events (SPEC section 10). */
typedef enum RJ_ENUM_OPEN rj_event_kind {
  RJ_EVENT_CONNECTION_CHANGED = 1,
  RJ_EVENT_DID_JOIN_CHANNEL = 2,
  RJ_EVENT_DID_REJOIN_CHANNEL = 3,
  RJ_EVENT_DID_LEAVE_CHANNEL = 4,
  RJ_EVENT_STATS = 5,
  RJ_EVENT_CONNECTION_LOST = 6,
  RJ_EVENT_REQUEST_TOKEN = 7,
  RJ_EVENT_USER_JOINED = 8,
  RJ_EVENT_USER_OFFLINE = 9,
  RJ_EVENT_USER_INTERRUPTED = 10,
  RJ_EVENT_USER_RESUMED = 11,
  RJ_EVENT_TOKEN_PRIVILEGE_WILL_EXPIRE = 12,
  RJ_EVENT_RENEW_TOKEN_RESULT = 13,
  RJ_EVENT_NETWORK_CHANGED = 14,
  RJ_EVENT_CLIENT_ROLE_CHANGED = 15,
  RJ_EVENT_CLIENT_ROLE_CHANGE_FAILED = 16,
  RJ_EVENT_STREAM_MESSAGE = 17,
  RJ_EVENT_STREAM_MESSAGE_ERROR = 18,
  RJ_EVENT_EVENTS_DROPPED = 19,
  RJ_EVENT_ATTEMPT = 20
} rj_event_kind;

/** What became of an attempt to join or rejoin (opt-in event `attempt`). */
typedef enum RJ_ENUM_OPEN rj_attempt_outcome {
  RJ_ATTEMPT_STARTED = 0,   /**< it began */
  RJ_ATTEMPT_ACCEPTED = 1,  /**< the edge let the client in */
  RJ_ATTEMPT_REFUSED = 2,   /**< for good */
  RJ_ATTEMPT_BUSY = 3,      /**< to be repeated later */
  RJ_ATTEMPT_TIMED_OUT = 4, /**< no answer within 5 s */
  RJ_ATTEMPT_ABANDONED = 5  /**< given up before its end */
} rj_attempt_outcome;

/** The name of a number, lower case: "connected", "token expired", "did_join_channel"; "unknown(99)"
 * where there is none. Never NULL. Static, or for an unknown number valid until this thread has
 * asked for three more unknown ones. Any thread. */
RJ_API const char *RJ_NONNULL rj_state_name(int32_t state);
RJ_API const char *RJ_NONNULL rj_reason_name(int32_t reason);
RJ_API const char *RJ_NONNULL rj_offline_reason_name(int32_t reason);
RJ_API const char *RJ_NONNULL rj_status_name(int32_t status);
RJ_API const char *RJ_NONNULL rj_event_name(int32_t kind);
RJ_API const char *RJ_NONNULL rj_network_name(int32_t network);
RJ_API const char *RJ_NONNULL rj_role_name(int32_t role);

/** The library's version, "0.1.0"; static. */
RJ_API const char *RJ_NONNULL rj_version(void);

/* ================================================================ runtime */

typedef struct rj_runtime
    rj_runtime;                     /**< a thread with sockets and clocks, or a simulated network */
typedef struct rj_client rj_client; /**< one user in one channel */
typedef struct rj_edge rj_edge;     /**< a server */

/** Zero is a real runtime. */
typedef struct rj_runtime_options {
  uint32_t size;
  int32_t simulated; /**< 1: virtual network and time */
  uint64_t seed;     /**< simulated: decides everything random */
  int64_t wall_ns;   /**< simulated: the wall clock at its start, ns since 1970; 0 = the real one */
} rj_runtime_options;

/**
 * Called when something became ready: by a real runtime on its own thread, by a simulated one inside
 * rj_runtime_run, so never inside another call of yours. The callbacks of one runtime are called one
 * after the other, in the order in which they became due. May be spurious; is coalesced: the next
 * call comes when what waited has been taken and something new came.
 *
 * No lock is held. Every call may be made in it, also freeing the client that it tells of and setting
 * itself anew, but rj_runtime_run (RJ_ERR_INVALID_STATE) and rj_runtime_free (frees nothing). It may
 * take a lock under which you call this library, but for the two that wait for it: rj_runtime_free
 * and, on another thread, its own rj_runtime_set_wakeup or rj_client_set_wakeup. The packets and
 * timers of a real runtime wait while it runs: leave long work to another thread.
 */
typedef void (*rj_wakeup)(void *RJ_NULLABLE user_data);

/**
 * Make a runtime. options may be NULL (a real one).
 *
 * RJ_ERR_INVALID_ARGUMENT (out is NULL, a size of 0), RJ_ERR_NOT_SUPPORTED (unknown trailing
 * options), RJ_ERR_RESOURCE_LIMITED (memory, threads, descriptors).
 */
RJ_API int32_t rj_runtime_new(const rj_runtime_options *RJ_NULLABLE options,
                              rj_runtime *RJ_NULLABLE *RJ_NONNULL out);

/** Free it; waits up to 200 ms for goodbyes of left clients, and for calls of other threads
 * that are in it and a wakeup callback that runs. NULL is nothing. Inside a listener of this runtime, or a wakeup callback, it frees
 * nothing, and the text says so. */
RJ_API void rj_runtime_free(rj_runtime *RJ_NULLABLE runtime);

/** The runtime's clock in ns: the one of every event's time. It counts time asleep; simulated:
 * virtual, from 0. */
RJ_API int64_t rj_runtime_now(rj_runtime *RJ_NONNULL runtime);

/**
 * Let a simulated runtime's time pass until `until_ns` (its clock), or, with stop_when_ready = 1,
 * until the first tick (1 ms) in which an event waits. Returns 0 when the time has come, 1 when it
 * stopped for events.
 *
 * RJ_ERR_NOT_SUPPORTED: a real runtime. RJ_ERR_INVALID_STATE: inside a listener or a wakeup
 * callback, or another thread runs it.
 */
RJ_API int32_t rj_runtime_run(rj_runtime *RJ_NONNULL runtime, int64_t until_ns,
                              int32_t stop_when_ready);

/**
 * Set a simulated runtime's wall clock forwards, or backwards where step_ns is negative, as an
 * administrator does. Timers do not see it, nor what was turned into a duration before (SPEC sections
 * 2 and 6); only what is checked anew, such as the token of the next join, sees the new time.
 *
 * RJ_ERR_INVALID_ARGUMENT: the clock would leave the years 1970 to 2262; RJ_ERR_NOT_SUPPORTED: a real
 * runtime.
 */
RJ_API int32_t rj_runtime_step_wall(rj_runtime *RJ_NONNULL runtime, int64_t step_ns);

/**
 * A descriptor that is readable while rj_runtime_next_ready has a client to give; made at the first
 * call, owned by the runtime, never read or close it. Negative: RJ_ERR_RESOURCE_LIMITED.
 */
RJ_API int32_t rj_runtime_event_fd(rj_runtime *RJ_NONNULL runtime);

/** The next client that has events, each once until it has been drained (one that rj_client_dispatch
 * left events in comes again); 0 and *out = NULL: none. 1: *out is one. The handle is yours: if you
 * free clients on other threads, keep it from being freed meanwhile. */
RJ_API int32_t rj_runtime_next_ready(rj_runtime *RJ_NONNULL runtime,
                                     rj_client *RJ_NULLABLE *RJ_NONNULL out);

/** Have `wakeup` called when a client of this runtime becomes ready, and soon if one is; NULL stops
 * it. After the return the former one does not run any more: this waits for a call of it that runs on
 * another thread (but inside a wakeup callback, where it never waits). */
RJ_API int32_t rj_runtime_set_wakeup(rj_runtime *RJ_NONNULL runtime, rj_wakeup RJ_NULLABLE wakeup,
                                     void *RJ_NULLABLE user_data);

/** Why this thread's last failed call on this runtime, or making something in it, failed; "" when
 * none did. NULL: the last failed rj_runtime_new or call on NULL. Valid until the thread's next
 * failing call; kept for the 8 handles that failed last on the thread. */
RJ_API const char *RJ_NONNULL rj_runtime_error_text(const rj_runtime *RJ_NULLABLE runtime);

/* ================================================================ client */

/** Timers of a client in ns, 1 ms to 30 days; 0 = the default of SPEC section 2, times time_scale.
 * Those that are given are not scaled. */
typedef struct rj_client_timers {
  int64_t beat_ns;          /**< N-1, 1.3 s, but at most a third of the shorter one of N-2 and N-4;
                               one that is given must be less than both */
  int64_t interrupted_ns;   /**< N-2, 4 s */
  int64_t lost_ns;          /**< N-3, 10 s */
  int64_t offline_ns;       /**< N-4, 20 s: as the edge's */
  int64_t give_up_ns;       /**< N-5, 20 min */
  int64_t token_warning_ns; /**< N-6, 30 s */
  int64_t stats_ns;         /**< N-8, 2 s */
  int64_t reserved[5];      /**< 0; room for more, since it stands inside rj_client_options */
} rj_client_timers;

/** Who a client is, where it joins, and what it is told. Zero is the default everywhere but in urls
 * and url_count. */
typedef struct rj_client_options {
  uint32_t size;
  int32_t role;    /**< rj_role; 0: broadcaster in the communication profile, audience in live
                      broadcasting */
  int32_t profile; /**< rj_profile */
  int32_t dialect; /**< rj_dialect; 0: 3x */
  const char *RJ_NULLABLE app_id; /**< up to 64 printable ASCII characters; NULL: "" */
  const char *RJ_NONNULL const *RJ_NULLABLE
      urls; /**< rejoin://host[:port], 1 to 8; tried in turn, and with them the other edges that an
               edge of a cluster hands out */
  uint32_t url_count;
  uint32_t
      own_socket; /**< 1: a UDP socket for this client alone instead of the runtime's shared one */
  const char *RJ_NULLABLE
      fingerprint; /**< SHA-256 of the edge's certificate in hex, colons allowed; with several edges
                      up to 8 of them, separated by commas, while what an edge hands out comes with
                      its own; or */
  const char *RJ_NULLABLE ca_file; /**< a PEM file of CAs. Neither: the system's CAs */
  double time_scale; /**< multiplies SPEC sections 2, 5, S-25, D-4; 0: 1. Edge and clients need the
                        same. 0.001 to 1000 */
  rj_client_timers timers;    /**< those given are not scaled */
  int32_t stats;              /**< 1: `stats` events (N-8) */
  int32_t peer_interruptions; /**< 1: user_interrupted and user_resumed (P-11) */
  int32_t attempts;           /**< 1: `attempt` events */
  int32_t reserved;           /**< 0 */
} rj_client_options;

/** SPEC section 8, counted since the join. */
typedef struct rj_stats {
  uint32_t size;
  uint32_t members;  /**< peers visible now */
  uint32_t outages;  /**< times in RECONNECTING */
  uint32_t attempts; /**< to join and rejoin */
  int64_t duration_ns;
  int64_t outage_ns;     /**< their total length, each from its O (last_heard) on */
  int64_t round_trip_ns; /**< smoothed; 0 = not known */
  uint64_t bytes_sent, bytes_received;
  uint64_t packets_sent, packets_received, packets_lost;
  uint64_t reserved[4]; /**< 0; room for more, since it stands inside rj_event */
} rj_stats;

enum { RJ_EVENT_TEXT_SIZE = 4104 }; /**< bytes of an event's text with its NUL */

/** One event, flat. Which fields mean something stands in the table of docs/behaviour.md (and in
 * abi/events.def); the others are 0. */
typedef struct rj_event {
  uint32_t size;     /**< set it before each call */
  int32_t kind;      /**< rj_event_kind */
  uint64_t sequence; /**< 1, 2, 3 … per client */
  int64_t time_ns;   /**< rj_runtime_now of when it happened */
  int32_t old_state;
  int32_t state;
  int32_t reason; /**< rj_reason; user_offline: rj_offline_reason; client_role_change_failed:
                     rj_reason */
  uint32_t uid;
  int32_t elapsed_ms; /**< since the join call; did_rejoin_channel in dialect 3x: since RECONNECTING
                         (S-13) */
  int32_t code;       /**< renew_token_result (S-20) */
  int32_t network;    /**< rj_network */
  int32_t old_role;
  int32_t role;
  uint32_t stream_id;
  uint32_t attempt;      /**< its number, from 1 in each stay */
  int32_t outcome;       /**< rj_attempt_outcome */
  int64_t next_delay_ns; /**< until the next attempt; -1: none planned */
  uint64_t count;        /**< events_dropped: how many; stream_message_error: missed, 0 = unknown */
  rj_stats stats;        /**< stats, did_leave_channel */
  uint32_t text_length;  /**< bytes in text without the NUL */
  char text[RJ_EVENT_TEXT_SIZE]; /**< channel, token or message data; always NUL-terminated */
} rj_event;

/**
 * Make a client; nothing is sent before it joins.
 *
 * RJ_ERR_INVALID_ARGUMENT names the option and the rule; RJ_ERR_NOT_SUPPORTED (unknown trailing
 * options), RJ_ERR_NOT_INITIALIZED (the runtime was freed), RJ_ERR_RESOURCE_LIMITED. The text is
 * the runtime's.
 */
RJ_API int32_t rj_client_new(rj_runtime *RJ_NONNULL runtime,
                             const rj_client_options *RJ_NONNULL options,
                             rj_client *RJ_NULLABLE *RJ_NONNULL out);

/** Free it: as leave, without events (S-30). Nothing is delivered afterwards; inside its own
 * listener or wakeup callback that call is the last. Never waits: a callback that runs on another
 * thread now comes to its end there; to wait for a wakeup callback, set it to NULL first. NULL is
 * nothing. */
RJ_API void rj_client_free(rj_client *RJ_NULLABLE client);

/**
 * Ask to join a channel. The outcome comes as events (S-1 to S-7).
 *
 * token    NUL-terminated, copied; printable ASCII, up to 4,096 bytes, else
 *          RJ_ERR_INVALID_ARGUMENT (S-2); NULL where the app is in testing mode.
 * channel  1 to 64 bytes of the channel alphabet, copied; else RJ_ERR_INVALID_CHANNEL_NAME (S-2).
 * uid      1 to 2^32-1; 0 lets the edge choose, did_join_channel then tells which.
 *
 * RJ_ERR_JOIN_CHANNEL_REJECTED in any state but DISCONNECTED (S-4, S-5).
 */
RJ_API int32_t rj_client_join_channel(rj_client *RJ_NONNULL client, const char *RJ_NULLABLE token,
                                      const char *RJ_NONNULL channel, uint32_t uid);

/** Leave, or stop trying to join; the state is DISCONNECTED on return, the goodbye goes on in the
 * background (S-25 to S-29). */
RJ_API int32_t rj_client_leave_channel(rj_client *RJ_NONNULL client);

/**
 * Give a new token (S-20 to S-23). In CONNECTED it goes to the edge and renew_token_result tells
 * what it said; else it is kept for the next attempt.
 *
 * RJ_ERR_INVALID_ARGUMENT: empty or malformed. RJ_ERR_INVALID_STATE: FAILED for another reason than
 * 9, and in dialect 3x FAILED at all (S-22).
 */
RJ_API int32_t rj_client_renew_token(rj_client *RJ_NONNULL client, const char *RJ_NONNULL token);

/** Ask for another role (S-31): client_role_changed or client_role_change_failed tells.
 * RJ_ERR_INVALID_ARGUMENT: not a role. */
RJ_API int32_t rj_client_set_client_role(rj_client *RJ_NONNULL client, int32_t role);

/**
 * Create a stream for messages to all others of the channel (D-1). It lives as long as this stay:
 * after leaving or FAILED its id means nothing.
 *
 * reliable, ordered  both 1: each message exactly once and in order, also over a rejoin within 20 s
 *                    (D-4). Both 0: at most once, not later than 1 s. Anything else is
 *                    RJ_ERR_INVALID_ARGUMENT.
 * stream_id          where the id goes, 1 to 5; 0 when the call fails.
 *
 * What fails is looked at in this order: RJ_ERR_INVALID_ARGUMENT; RJ_ERR_NOT_IN_CHANNEL in
 * DISCONNECTED and FAILED; RJ_ERR_TOO_MANY_DATA_STREAMS: there are 5; RJ_ERR_NO_PERMISSION: audience
 * in the live broadcasting profile.
 */
RJ_API int32_t rj_client_create_data_stream(rj_client *RJ_NONNULL client, int32_t reliable,
                                            int32_t ordered, uint32_t *RJ_NONNULL stream_id);

/**
 * Send a message on a stream (D-2); the others get it as stream_message.
 *
 * stream_id     from rj_client_create_data_stream of this stay.
 * data, length  1 to 1,024 bytes, copied.
 *
 * In RECONNECTING a reliable message waits for the rejoin, and an unreliable one is discarded (0 all
 * the same). What waits when the client comes back after more than 20 s (N-4) is lost, and announced
 * to the receivers by stream_message_error (D-5).
 *
 * What fails is looked at in this order: RJ_ERR_INVALID_ARGUMENT: data is NULL; RJ_ERR_SIZE_TOO_LARGE:
 * not 1 to 1,024 bytes; RJ_ERR_NOT_IN_CHANNEL: neither CONNECTED nor RECONNECTING;
 * RJ_ERR_INVALID_ARGUMENT: no such stream; RJ_ERR_NO_PERMISSION: audience in the live broadcasting
 * profile, or asked to become that; RJ_ERR_BITRATE_LIMIT: more than 60 messages or 30,720 bytes in
 * some second, 64 reliable messages wait already while RECONNECTING, or 1,024 of them or 512 KiB are not
 * known to have reached the edge.
 */
RJ_API int32_t rj_client_send_stream_message(rj_client *RJ_NONNULL client, uint32_t stream_id,
                                             const uint8_t *RJ_NULLABLE data, size_t length);

/** The state of the last connection_changed that the library produced, delivered or not.
 * Never blocks, never fails (S-24). */
RJ_API int32_t rj_client_connection_state(const rj_client *RJ_NONNULL client);

/** Copy the next event: 1, or 0 when there is none. event->size must be set; a smaller one than ours
 * gets as much as it holds, its text cut. RJ_ERR_INVALID_ARGUMENT: a size of less than 64. */
RJ_API int32_t rj_client_next_event(rj_client *RJ_NONNULL client, rj_event *RJ_NONNULL event);

/** As rj_runtime_event_fd, for this client alone: readable while it has events. */
RJ_API int32_t rj_client_event_fd(rj_client *RJ_NONNULL client);

/** As rj_runtime_set_wakeup, for this client alone. */
RJ_API int32_t rj_client_set_wakeup(rj_client *RJ_NONNULL client, rj_wakeup RJ_NULLABLE wakeup,
                                    void *RJ_NULLABLE user_data);

/** Functions that rj_client_dispatch calls, one per kind of event; a NULL one is skipped. Strings
 * are valid during the call. */
typedef struct rj_listener {
  uint32_t size;
  uint32_t reserved; /**< 0 */
  /** Every event, before its own function: sequence number and time are in it. */
  void (*RJ_NULLABLE any_event)(rj_client *RJ_NONNULL client, const rj_event *RJ_NONNULL event,
                                void *RJ_NULLABLE user_data);
  void (*RJ_NULLABLE connection_changed)(rj_client *RJ_NONNULL client, int32_t old_state,
                                         int32_t state, int32_t reason,
                                         void *RJ_NULLABLE user_data);
  void (*RJ_NULLABLE did_join_channel)(rj_client *RJ_NONNULL client, const char *RJ_NONNULL channel,
                                       uint32_t uid, int32_t elapsed_ms,
                                       void *RJ_NULLABLE user_data);
  void (*RJ_NULLABLE did_rejoin_channel)(rj_client *RJ_NONNULL client,
                                         const char *RJ_NONNULL channel, uint32_t uid,
                                         int32_t elapsed_ms, void *RJ_NULLABLE user_data);
  void (*RJ_NULLABLE did_leave_channel)(rj_client *RJ_NONNULL client,
                                        const rj_stats *RJ_NONNULL stats,
                                        void *RJ_NULLABLE user_data);
  void (*RJ_NULLABLE stats)(rj_client *RJ_NONNULL client, const rj_stats *RJ_NONNULL stats,
                            void *RJ_NULLABLE user_data);
  void (*RJ_NULLABLE connection_lost)(rj_client *RJ_NONNULL client, void *RJ_NULLABLE user_data);
  void (*RJ_NULLABLE request_token)(rj_client *RJ_NONNULL client, void *RJ_NULLABLE user_data);
  void (*RJ_NULLABLE user_joined)(rj_client *RJ_NONNULL client, uint32_t uid, int32_t elapsed_ms,
                                  void *RJ_NULLABLE user_data);
  void (*RJ_NULLABLE user_offline)(rj_client *RJ_NONNULL client, uint32_t uid, int32_t reason,
                                   void *RJ_NULLABLE user_data);
  void (*RJ_NULLABLE user_interrupted)(rj_client *RJ_NONNULL client, uint32_t uid,
                                       void *RJ_NULLABLE user_data);
  void (*RJ_NULLABLE user_resumed)(rj_client *RJ_NONNULL client, uint32_t uid,
                                   void *RJ_NULLABLE user_data);
  void (*RJ_NULLABLE token_privilege_will_expire)(rj_client *RJ_NONNULL client,
                                                  const char *RJ_NONNULL token,
                                                  void *RJ_NULLABLE user_data);
  void (*RJ_NULLABLE renew_token_result)(rj_client *RJ_NONNULL client, const char *RJ_NONNULL token,
                                         int32_t code, void *RJ_NULLABLE user_data);
  void (*RJ_NULLABLE network_changed)(rj_client *RJ_NONNULL client, int32_t network,
                                      void *RJ_NULLABLE user_data);
  void (*RJ_NULLABLE client_role_changed)(rj_client *RJ_NONNULL client, int32_t old_role,
                                          int32_t role, void *RJ_NULLABLE user_data);
  void (*RJ_NULLABLE client_role_change_failed)(rj_client *RJ_NONNULL client, int32_t reason,
                                                int32_t role, void *RJ_NULLABLE user_data);
  void (*RJ_NULLABLE stream_message)(rj_client *RJ_NONNULL client, uint32_t uid, uint32_t stream_id,
                                     const uint8_t *RJ_NONNULL data, uint32_t length,
                                     void *RJ_NULLABLE user_data);
  void (*RJ_NULLABLE stream_message_error)(rj_client *RJ_NONNULL client, uint32_t uid,
                                           uint32_t stream_id, uint64_t missed,
                                           void *RJ_NULLABLE user_data);
  void (*RJ_NULLABLE events_dropped)(rj_client *RJ_NONNULL client, uint64_t count,
                                     void *RJ_NULLABLE user_data);
  void (*RJ_NULLABLE attempt)(rj_client *RJ_NONNULL client, uint32_t number, int32_t outcome,
                              int64_t next_delay_ns, void *RJ_NULLABLE user_data);
} rj_listener;

/**
 * Set what rj_client_dispatch calls; listener NULL: nothing. The struct is copied.
 * destroy(user_data) runs exactly once, on the thread that replaces the listener or frees the
 * client, and never while a function of this listener runs (then right after it, where that ran).
 * On failure it does not run.
 *
 * RJ_ERR_INVALID_ARGUMENT (size), RJ_ERR_NOT_SUPPORTED (unknown trailing functions).
 */
RJ_API int32_t rj_client_set_listener(rj_client *RJ_NONNULL client,
                                      const rj_listener *RJ_NULLABLE listener,
                                      void *RJ_NULLABLE user_data,
                                      void (*RJ_NULLABLE destroy)(void *RJ_NULLABLE user_data));

/**
 * Hand up to max_events waiting events (0: as many as wait now, so that it ends) to the listener, on
 * this thread. Returns how many.
 *
 * RJ_ERR_INVALID_STATE: inside a listener of this client, or another thread dispatches it.
 * RJ_ERR_NOT_READY: no listener.
 */
RJ_API int32_t rj_client_dispatch(rj_client *RJ_NONNULL client, uint32_t max_events);

/** When this client last had proof that the path works both ways (rj_runtime_now); during an outage
 * that is its start O. 0: never yet. */
RJ_API int64_t rj_client_last_heard(const rj_client *RJ_NONNULL client);

/** The statistics of the stay now. RJ_ERR_NOT_IN_CHANNEL in DISCONNECTED and FAILED. */
RJ_API int32_t rj_client_stats(rj_client *RJ_NONNULL client, rj_stats *RJ_NONNULL out);

enum { RJ_DIRECTION_UP = 1, RJ_DIRECTION_DOWN = 2 }; /**< from the client to the edge, and back */

/** How a client's network misbehaves, in one direction; 0 in a field: not in that way. In a simulated
 * runtime the delay is the link's own (10 ms by default); on a real socket it comes on top. A datagram
 * meets the faults in the order blackhole, mtu, loss, rate, delay, duplicate, reorder, corrupt. */
typedef struct rj_faults {
  uint32_t size;
  int32_t blackhole; /**< 1: nothing arrives */
  double loss;       /**< 0 to 1: the share of datagrams that is lost */
  int64_t delay_ns;  /**< 0 to 60 s */
  int64_t jitter_ns; /**< 0 to 60 s: each datagram needs up to so much longer, evenly spread; none
                        overtakes another by it */
  double burst; /**< losses come in runs of so many datagrams on average, up to 1,000,000; 0 or 1:
                        each by itself. The share stays `loss` */
  double duplicate; /**< 0 to 1: the share that arrives twice */
  double reorder;   /**< 0 to 1: the share that is held back by up to 100 ms, and overtaken */
  double corrupt;   /**< 0 to 1: the share that arrives with one bit turned over */
  uint64_t rate;    /**< bytes a second that the link carries, up to 2^30; 0: any number */
  uint32_t queue;   /**< bytes that wait for their turn at that rate, up to 2^30; what comes then is
                        lost. 0: 65,536 */
  uint32_t mtu; /**< bytes of the largest datagram that passes, up to 65,535; 0: any. Connections
                        need 1,200 */
  int64_t nat_idle_ns; /**< up only, 0 to 1 h: a NAT next to the client forgets its mapping when
                        nothing went up for so long. Then what comes down is lost, until the next
                        datagram up makes another mapping, with another port, as rj_client_rebind.
                        What the link loses on its way up keeps no mapping, and what comes down
                        neither. 0: it is never forgotten */
} rj_faults;

/** Set the faults of the given directions (RJ_DIRECTION_UP | RJ_DIRECTION_DOWN). What is on its way
 * stays on its way. nat_idle_ns of both directions is that of the way up; for the way down alone it
 * must be 0. RJ_ERR_INVALID_ARGUMENT names the field. */
RJ_API int32_t rj_client_set_faults(rj_client *RJ_NONNULL client, int32_t directions,
                                    const rj_faults *RJ_NONNULL faults);

/**
 * Tell the client that its network is another one now, or has another address (S-10): the app's own
 * hint, beside what the system says. Returns at once; `network_changed` comes in every state.
 *
 * network  rj_network; RJ_NETWORK_UNKNOWN where the app cannot tell. RJ_NETWORK_DISCONNECTED: there
 *          is none; nothing but the event follows, and silence is noticed as ever (N-2).
 *
 * To any other network: CONNECTED migrates the connection and stays; if 4 s of silence pass before
 * the new path is proved, it is RECONNECTING with CLIENT_IP_ADDRESS_CHANGED (13). CONNECTING and
 * RECONNECTING abandon the attempt under way and start one at once, at most one a second (section 5).
 *
 * RJ_ERR_INVALID_ARGUMENT: not a network. Any thread, also inside a listener.
 */
RJ_API int32_t rj_client_network_changed(rj_client *RJ_NONNULL client, int32_t network);

enum { RJ_REBIND_PORT = 0, RJ_REBIND_ADDRESS = 1 };

/**
 * Let a NAT on the client's way forget its mapping and make another one: the edge sees the client's
 * packets come from elsewhere, and nobody tells the client. What is on its way to the old place is
 * lost. Another client's mapping is not touched, also behind the same address.
 *
 * what     RJ_REBIND_PORT: the same address, another port; RJ_REBIND_ADDRESS: another address.
 * address  RJ_REBIND_ADDRESS: the one that the edge shall see, numeric, with a port or without;
 *          NULL: any. Else NULL.
 *
 * RJ_ERR_INVALID_ARGUMENT: what or address; RJ_ERR_REFUSED: the address is taken, or cannot be used
 * here; RJ_ERR_RESOURCE_LIMITED; RJ_ERR_NOT_SUPPORTED: not on this runtime.
 */
RJ_API int32_t rj_client_rebind(rj_client *RJ_NONNULL client, int32_t what,
                                const char *RJ_NULLABLE address);

/** How a client's own address changes. */
typedef struct rj_address_change {
  uint32_t size;
  int32_t network;    /**< rj_network of the new one, not RJ_NETWORK_DISCONNECTED */
  int64_t overlap_ns; /**< for so long the old address works, too, 0 to 1 h; 0: a hard swap */
  const char *RJ_NULLABLE address; /**< the new one, numeric, with a port or without; NULL: any */
  int32_t dead;                    /**< 1: over the new address nothing ever passes */
  int32_t reserved;                /**< 0 */
} rj_address_change;

/**
 * Let the client's device take another interface: its own address changes, and the client is told as
 * by rj_client_network_changed (S-10). Faults of its link stay. change NULL: another address, of an
 * unknown network, at once.
 *
 * RJ_ERR_INVALID_ARGUMENT names the field; RJ_ERR_REFUSED: the address is taken (its own one, too), or
 * cannot be used here; RJ_ERR_RESOURCE_LIMITED; RJ_ERR_NOT_SUPPORTED: not on this runtime.
 */
RJ_API int32_t rj_client_change_address(rj_client *RJ_NONNULL client,
                                        const rj_address_change *RJ_NULLABLE change);

/**
 * Let a simulated client's device sleep for span_ns from now on (more than 0; what was left of an
 * earlier sleep does not count). rj_runtime_now runs on, and of the client nothing does: its timers
 * stand, what comes for it is lost, and a network that changes is told when it wakes. Calls on it are
 * carried out, and what they send leaves when it wakes.
 *
 * After 4 s or more (scaled) its overdue timers run when it wakes, before any packet, each once, in
 * due order and with their ordinary events (SPEC section 2); a shorter sleep is no different from a
 * slow machine.
 *
 * RJ_ERR_INVALID_ARGUMENT: span_ns; RJ_ERR_NOT_SUPPORTED: a real runtime.
 */
RJ_API int32_t rj_client_suspend(rj_client *RJ_NONNULL client, int64_t span_ns);

/** A moment at which a network changes. */
typedef struct rj_network_step {
  uint32_t size;
  int32_t moves;                   /**< 1: the client's own address changes now, as by
                                     rj_client_change_address */
  int64_t at_ns;                   /**< since the profile began; ascending, the first is 0 */
  const rj_faults *RJ_NULLABLE up; /**< from now on; NULL: none */
  const rj_faults *RJ_NULLABLE down;
  int64_t overlap_ns; /**< moves: for so long the old address works, too, 0 to 1 h */
  int32_t network;    /**< moves: rj_network of the new one, not RJ_NETWORK_DISCONNECTED */
  int32_t reserved;   /**< 0 */
} rj_network_step;

/**
 * Let the client's link follow a profile from now on: steps that fall due one after the other. Their
 * faults come beside those of rj_client_set_faults, and end the profile that it followed before. A
 * step that falls due while the client's device sleeps is taken when it wakes. One that moves where no
 * other address is to be had moves nothing, and its faults count all the same. Not scaled.
 *
 * steps, count  up to 1,024, copied; count 0 (steps may be NULL): no profile any more
 * repeat_ns     after which it begins anew, more than the last step's at_ns; 0: the last step stays
 *
 * RJ_ERR_INVALID_ARGUMENT names the step and the field.
 */
RJ_API int32_t rj_client_follow_steps(rj_client *RJ_NONNULL client,
                                      const rj_network_step *RJ_NONNULL const *RJ_NULLABLE steps,
                                      uint32_t count, int64_t repeat_ns);

/**
 * Let the client's link follow a ready profile from now on, as rj_client_follow_steps: "3g", "lift",
 * "train-tunnel", "hotel-wifi", "wifi-to-cellular", "uplink-dies", "flapping" (docs/networks.md has
 * their numbers; a space or '_' may stand for the '-'). NULL: none any more.
 *
 * RJ_ERR_INVALID_ARGUMENT: there is no such profile; the text lists those that there are.
 */
RJ_API int32_t rj_client_follow_network(rj_client *RJ_NONNULL client, const char *RJ_NULLABLE name);

/** As rj_runtime_error_text. */
RJ_API const char *RJ_NONNULL rj_client_error_text(const rj_client *RJ_NONNULL client);

/* ================================================================ edge */

/** What an edge serves, and where it listens. Zero is the default everywhere. */
typedef struct rj_edge_options {
  uint32_t size;
  uint32_t app_count;               /**< 0: any app id is welcome */
  const char *RJ_NULLABLE listen;   /**< udp://ADDRESS:PORT, port 0 = a free one, [::] =
                                       every address of both families; NULL: udp://127.0.0.1:0.
                                       Simulated: ignored */
  const char *RJ_NULLABLE data_dir; /**< where certificate, keys and kicks are kept, made when
                                       missing, one edge's alone; NULL: made anew and kept in
                                       memory */
  const char *RJ_NONNULL const *RJ_NULLABLE app_ids;
  const char *RJ_NULLABLE channel_pattern; /**< regular expression that channel names must match in
                                              full (reason 7); NULL: any */
  double time_scale;                       /**< as the clients'; 0: 1 */
  int64_t offline_ns;                      /**< N-4; 0: 20 s, scaled */
  int64_t empty_channel_ns;                /**< N-7; 0: 10 s, scaled */
  uint32_t max_sessions, max_channel_members, max_channel_broadcasters,
      max_handshakes; /**< A-3; 0: the default */
  /** What tokens of the apps are signed with, beside app_ids: app_count of them, a NULL one for an
   * app in testing mode (no tokens). NULL: all are. */
  const char *RJ_NULLABLE const *RJ_NULLABLE app_certificates;
  /** The same; taken beside the first ones while one takes the other's place. NULL: none. */
  const char *RJ_NULLABLE const *RJ_NULLABLE app_second_certificates;
  /** A-3, of one address (IPv6: of one /64): so many joins at once, and then so many in each second;
   * beyond, busy. 0: 100. Loopback addresses are not counted, and neither are rejoins of members. */
  uint32_t max_joins_per_second;
  /** The same of joins with a bad token (RJ_REASON_INVALID_TOKEN, RJ_REASON_INCONSISTENT_APPID) in a
   * minute; beyond, no token from there is looked at: busy. 0: 30. */
  uint32_t max_bad_tokens_per_minute;
  /** Of the edge as a whole: so many new members at once, and then so many in each second, which
   * bounds what comes back after a restart; beyond, busy, each a turn later. 0: 500. */
  uint32_t max_accepts_per_second;
  uint32_t limit_loopback; /**< 1: the limits of one address are those of loopback ones, too */
  /** Simulated: edges of one name are one cluster. Their members see each other over a bus, whose faults
   * rj_edge_set_bus_faults sets. 1 to 64 letters, digits, '-' and '_'; NULL: it is alone. On a real
   * runtime RJ_ERR_NOT_SUPPORTED: the program rejoin-edge joins clusters (--cluster). */
  const char *RJ_NULLABLE cluster;
} rj_edge_options;

/**
 * Start an edge. options may be NULL.
 *
 * RJ_ERR_INVALID_ARGUMENT names the option and the rule; RJ_ERR_REFUSED: the address is in use or
 * not ours; RJ_ERR_FAILED: certificate or key files; RJ_ERR_NOT_SUPPORTED: a cluster on a real
 * runtime; the text (the runtime's) says what, where and why.
 */
RJ_API int32_t rj_edge_new(rj_runtime *RJ_NONNULL runtime,
                           const rj_edge_options *RJ_NULLABLE options,
                           rj_edge *RJ_NULLABLE *RJ_NONNULL out);

/** Stop it: members hear "restarting" (SPEC section 5). NULL is nothing. Never waits. */
RJ_API void rj_edge_free(rj_edge *RJ_NULLABLE edge);

/** Its url for clients, "rejoin://127.0.0.1:40123"; a wildcard address shows as a loopback one.
 * Valid until the edge is freed. */
RJ_API const char *RJ_NONNULL rj_edge_url(const rj_edge *RJ_NONNULL edge);

/** SHA-256 of its certificate, lower-case hex. Valid until the edge is freed. */
RJ_API const char *RJ_NONNULL rj_edge_fingerprint(const rj_edge *RJ_NONNULL edge);

/** When the edge last heard this member (rj_runtime_now); 0: not a member. app_id NULL: "". */
RJ_API int64_t rj_edge_last_heard(rj_edge *RJ_NONNULL edge, const char *RJ_NULLABLE app_id,
                                  const char *RJ_NONNULL channel, uint32_t uid);

/** Write up to capacity uids, ascending; *count is how many there are. RJ_ERR_BUFFER_TOO_SMALL when
 * that is more. Of a cluster: also members at other edges, as long as the channel is
 * one of this edge's (rj_edge_channels). */
RJ_API int32_t rj_edge_members(rj_edge *RJ_NONNULL edge, const char *RJ_NULLABLE app_id,
                               const char *RJ_NONNULL channel, uint32_t *RJ_NULLABLE uids,
                               size_t capacity, size_t *RJ_NONNULL count);

/** Write the names of the app's channels one after the other, each with its NUL; *length is the
 * bytes needed. RJ_ERR_BUFFER_TOO_SMALL. */
RJ_API int32_t rj_edge_channels(rj_edge *RJ_NONNULL edge, const char *RJ_NULLABLE app_id,
                                char *RJ_NULLABLE names, size_t capacity,
                                size_t *RJ_NONNULL length);

/** Whom a kick names: whoever fits all that is named. At least one of channel, uid and ip is:
 * channel and uid = that user there; uid = that user everywhere; channel = everyone there; ip = that
 * address everywhere; "everywhere" is in all channels of the app. */
typedef struct rj_kick {
  uint32_t size;
  uint32_t uid;                    /**< 0: not named */
  const char *RJ_NULLABLE app_id;  /**< NULL: "" */
  const char *RJ_NULLABLE channel; /**< NULL: not named */
  const char *RJ_NULLABLE ip;      /**< numeric IPv4 or IPv6 without a port; NULL: not named */
  /** How long those who fit are kept out: at most 24 h. 0: not at all, they may join again at once.
   * RJ_KICK_DEFAULT: 1 h. Not scaled. */
  int64_t duration_ns;
} rj_kick;

enum { RJ_KICK_DEFAULT = -1 }; /**< a kick's duration_ns: 3,600 s */

/**
 * Remove every member that fits, now: it gets FAILED with RJ_REASON_BANNED_BY_SERVER and does not
 * retry (S-15), the others see it quit (P-8). Until the time is over, joins and rejoins that fit are
 * refused with that reason. A rejoin of a stay that was ended so is refused in any case.
 *
 * Returns how many members were removed. *id (may be NULL) is for the calls below; 0 where
 * duration_ns is 0 and nothing is kept. The same rule once more keeps its id and gets the new time.
 * Kicks survive rj_edge_restart, and in a data_dir also the process. Works while the edge is down.
 *
 * RJ_ERR_INVALID_ARGUMENT, RJ_ERR_INVALID_CHANNEL_NAME name the rule; RJ_ERR_RESOURCE_LIMITED: there
 * are 1,000,000 already. Then nobody was removed.
 */
RJ_API int32_t rj_edge_kick(rj_edge *RJ_NONNULL edge, const rj_kick *RJ_NONNULL kick,
                            uint64_t *RJ_NULLABLE id);

/** A kick has another time from now on: as rj_kick's duration_ns; 0 lifts it. RJ_ERR_INVALID_ARGUMENT:
 * there is no such kick (any more), or a duration that none has. */
RJ_API int32_t rj_edge_change_kick(rj_edge *RJ_NONNULL edge, uint64_t id, int64_t duration_ns);

/** A kick that is in force. */
typedef struct rj_kick_info {
  uint32_t size;
  uint32_t uid; /**< 0: not named */
  uint64_t id;
  int64_t until_ns; /**< rj_runtime_now: over then */
  char app_id[72];
  char channel[72]; /**< "": not named */
  char ip[72];      /**< "": not named */
} rj_kick_info;

/** The kick with the least id above `after`: begin with 0, go on with each one's id. Returns 1, or 0
 * when there is none. */
RJ_API int32_t rj_edge_next_kick(rj_edge *RJ_NONNULL edge, uint64_t after,
                                 rj_kick_info *RJ_NONNULL out);

/** What an edge has now, and what it counted since it was started or restarted. */
typedef struct rj_edge_counts {
  uint32_t size;
  uint32_t members, channels, connections, handshakes, kicks; /**< now */
  uint64_t joins, rejoins, takeovers;                         /**< accepted */
  /** Members gone: left, silent for too long, privilege over, kicked. */
  uint64_t leaves, drops, expiries, kicked;
  uint64_t refusals, busy;  /**< joins that were not accepted */
  uint64_t protocol_errors; /**< connections closed for them */
  uint64_t datagrams_in, datagrams_out, retries, resets;
} rj_edge_counts;

/** The counters of an edge; all but `kicks` are 0 while it is down. */
RJ_API int32_t rj_edge_counters(rj_edge *RJ_NONNULL edge, rj_edge_counts *RJ_NONNULL out);

/**
 * Empty the edge: from now on nobody new is let in (busy, try another edge), and the members that it
 * has now are told to move, spread evenly over duration_ns: 0 (all at once) to 24 h. A member with
 * other urls, or in a cluster, tries other edges while its connection goes on, and moves without a change
 * of its state; one that finds no other edge stays, and is kept. Once more begins anew with those that are still here. Over with
 * rj_edge_restart.
 *
 * Returns how many members will be told. Any thread; never waits. RJ_ERR_INVALID_ARGUMENT: a duration that none has.
 * RJ_ERR_INVALID_STATE: the edge is down.
 */
RJ_API int32_t rj_edge_drain(rj_edge *RJ_NONNULL edge, int64_t duration_ns);

/** Die without a word: all state but certificate, keys and kicks is lost, nothing answers.
 * RJ_ERR_INVALID_STATE: already down. */
RJ_API int32_t rj_edge_crash(rj_edge *RJ_NONNULL edge);

/** Come back at the same address with the same certificate; an edge that is up stops first (SPEC
 * section 5: "restarting"). RJ_ERR_REFUSED: the address is taken. */
RJ_API int32_t rj_edge_restart(rj_edge *RJ_NONNULL edge);

/**
 * Let the edge's loop stand still for span_ns from now on (more than 0; what was left of an earlier
 * standstill does not count), as a machine that is too busy: datagrams wait in its socket, as many as
 * fit. After more than 1 s (scaled) it reads them first and adds the gap to every last_heard, so that
 * nobody is dropped for it (SPEC section 2). What can be looked at stays; a crash or restart ends it.
 *
 * RJ_ERR_INVALID_ARGUMENT: span_ns; RJ_ERR_INVALID_STATE: the edge is down; RJ_ERR_NOT_SUPPORTED: not
 * on this runtime.
 */
RJ_API int32_t rj_edge_pause(rj_edge *RJ_NONNULL edge, int64_t span_ns);

/** How a simulated edge's way to the bus of its cluster misbehaves; 0 in a field: not in that way. */
typedef struct rj_bus_faults {
  uint32_t size;
  int32_t
      gone; /**< 1: the bus cannot be reached, and the edge knows it, as when the bus's own server is
                   down. Unlike a blackhole in both directions, of which nobody tells it */
  const rj_faults *RJ_NULLABLE up;   /**< from the edge to the bus; NULL: each message needs 1 ms */
  const rj_faults *RJ_NULLABLE down; /**< back; NULL: 1 ms more */
  uint32_t side; /**< messages pass only between edges whose side is the same: a partition between
                    groups of edges, of which nobody tells them. 0 at first */
  uint32_t reserved; /**< 0 */
} rj_bus_faults;

/**
 * Set how the edge's way to its bus misbehaves from now on, as a whole: what is not given is well.
 * faults NULL: all is. Of the faults of a direction corrupt, rate, queue and mtu are not a bus's and
 * stay 0. What is on its way stays on its way, unless the bus is gone. Also while the edge is down, and
 * it stays so over rj_edge_restart.
 *
 * RJ_ERR_INVALID_ARGUMENT names the field; RJ_ERR_INVALID_STATE: the edge has no cluster;
 * RJ_ERR_NOT_SUPPORTED: a real runtime. Any thread.
 */
RJ_API int32_t rj_edge_set_bus_faults(rj_edge *RJ_NONNULL edge,
                                      const rj_bus_faults *RJ_NULLABLE faults);

/** As rj_runtime_error_text. */
RJ_API const char *RJ_NONNULL rj_edge_error_text(const rj_edge *RJ_NONNULL edge);

/* ================================================================ tokens */

/* What an app's own server does, and what explains a token that is refused (SPEC section 6,
 * docs/tokens.md). Neither needs a runtime; texts of failures are at rj_runtime_error_text(NULL). */

/** What a token may grant. The edge asks for the first; the others are for apps. */
typedef enum RJ_ENUM_OPEN rj_privilege {
  RJ_PRIVILEGE_JOIN = 1,
  RJ_PRIVILEGE_AUDIO = 2,
  RJ_PRIVILEGE_VIDEO = 3,
  RJ_PRIVILEGE_DATA = 4
} rj_privilege;

/** Something that a token grants, and for how long. */
typedef struct rj_token_privilege {
  uint32_t privilege; /**< rj_privilege */
  uint32_t seconds;   /**< after issued_at; 0: no limit of its own */
} rj_token_privilege;

/** What a token is to say. */
typedef struct rj_token_options {
  uint32_t size;
  int32_t version;                    /**< 7 ("007"; 0: this) or 6 ("006") */
  const char *RJ_NULLABLE app_id;     /**< as the clients'; in 006 exactly 32 characters */
  const char *RJ_NONNULL certificate; /**< the app's, up to 256 bytes */
  const char *RJ_NONNULL channel;     /**< 1 to 64 bytes of the channel alphabet */
  uint32_t uid;                       /**< whose token it is; 0: anybody's */
  uint32_t issued_at;                 /**< seconds since 1970: time(NULL) */
  uint32_t expire;                    /**< seconds after it in which one may join with the token */
  uint32_t salt;                      /**< best a random number */
  const rj_token_privilege *RJ_NULLABLE
      privileges; /**< each at most once, in any order; without 1 nobody can join with it */
  uint32_t privilege_count; /**< at most 16 */
  uint32_t reserved;        /**< 0 */
} rj_token_options;

/**
 * Make a token. It is written to `text` with a NUL, and *length is its length without: never more than
 * 4,096.
 *
 * RJ_ERR_INVALID_ARGUMENT names the part and its rule; RJ_ERR_BUFFER_TOO_SMALL: capacity is not more
 * than *length.
 */
RJ_API int32_t rj_token_build(const rj_token_options *RJ_NONNULL options, char *RJ_NULLABLE text,
                              size_t capacity, size_t *RJ_NONNULL length);

enum { RJ_TOKEN_LIST = 16 }; /**< services and privileges that are shown of one token */

/** What a token says. Bytes that cannot be shown stand as \xNN; texts that are too long are cut. */
typedef struct rj_token_info {
  uint32_t size;
  int32_t version; /**< 7 or 6; 0: not a token, and nothing below but the reason is set */
  int32_t valid;   /**< 1: it lets its member join at `now`, and the signature was looked at */
  int32_t signature_valid; /**< 1, 0; -1: not looked at, since something needed was not given */
  int64_t issued_at;       /**< seconds since 1970; 0: 006 does not say */
  int64_t expires_at;      /**< of the token itself */
  uint32_t salt;
  uint32_t service_count, services_known; /**< those behind the first unknown type stay unknown */
  uint32_t privilege_count, privileges_known; /**< of the service RTC */
  uint32_t services[RJ_TOKEN_LIST];           /**< types; 1 is RTC */
  uint32_t privileges[RJ_TOKEN_LIST];
  int32_t any_uid;                             /**< 1: anybody may use it */
  int64_t privileges_expire_at[RJ_TOKEN_LIST]; /**< seconds since 1970; 0: no limit of its own */
  char app_id[72];
  char channel[264]; /**< "": 006 does not carry it */
  char uid[264];     /**< decimal, or an account's name; "": any_uid, or 006, which carries none */
  char reason[1024]; /**< in words: what it grants, or all that is wrong with it */
} rj_token_info;

/**
 * Explain a token at a moment. Never tells what the right signature would be.
 *
 * token        any text; what is no token is explained too
 * certificate  NULL: the signature is not looked at
 * channel, uid whom it should let in where; NULL: whom it says. The signature of 006 covers both and
 *              it carries neither, so there they are needed. uid is decimal; "0": the edge picks it
 * now          seconds since 1970
 *
 * RJ_ERR_INVALID_ARGUMENT: token or out is NULL, a size that is too small.
 */
RJ_API int32_t rj_token_inspect(const char *RJ_NONNULL token, const char *RJ_NULLABLE certificate,
                                const char *RJ_NULLABLE channel, const char *RJ_NULLABLE uid,
                                int64_t now, rj_token_info *RJ_NONNULL out);

#ifdef __cplusplus
}
#endif

#if defined(__clang__)
#pragma clang diagnostic pop
#endif

#endif
