/* What a JoinRequest gets: refusal, "busy", its old session back, or a new one. Deciding changes nothing;
 * admission.c does it. */
#include "edge/edge_internal.h"

#include <string.h>

#include "client/rules.h"

/* The reasons in the order in which they go before each other (SPEC section 1). 19 follows 3: both
 * say that somebody decided against this member. */
static const int32_t precedence[] = {
    REASON_INVALID_APP_ID, REASON_INVALID_CHANNEL_NAME,  REASON_INCONSISTENT_APPID,
    REASON_INVALID_TOKEN,  REASON_TOKEN_EXPIRED,         REASON_BANNED_BY_SERVER,
    REASON_SAME_UID_LOGIN, REASON_TOO_MANY_BROADCASTERS, REASON_REJECTED_BY_SERVER,
};

static size_t rank(int32_t reason) {
  size_t place = 0;
  while (place < G_N_ELEMENTS(precedence) && precedence[place] != reason)
    place++;
  g_assert(place < G_N_ELEMENTS(precedence));
  return place;
}

/* Refused, unless it is for a reason that goes before this one. */
static void refuse(rj_admission *admission, int32_t reason) {
  if (admission->kind == RJ_ADMIT_REFUSED && rank(admission->reason) <= rank(reason))
    return;
  *admission = (rj_admission){.kind = RJ_ADMIT_REFUSED, .reason = reason};
}

static bool allows_name(const rj_server *server, const char *channel) {
  char text[RJ_RULE_TEXT_SIZE];
  return rj_rule_channel(channel, text) == STATUS_OK &&
         (server->channel_pattern == NULL ||
          g_regex_match(server->channel_pattern, channel, 0, NULL));
}

static bool same_join(const rj_session *session, const rejoin_JoinRequest *request) {
  return memcmp(session->join_id, request->join_id, RJ_JOIN_ID_SIZE) == 0;
}

/* Does the reason that a session ended for refuse whoever belonged to it? An expiry is over with a token
 * that is good: its member renewed it while it was cut off (S-18, S-21). */
static bool keeps_out(const rj_ended_entry *ended, rj_token_verdict token) {
  return ended->how != RJ_ENDED_DROPPED && ended->how != RJ_ENDED_MOVED &&
         (ended->how != REASON_TOKEN_EXPIRED || token != RJ_TOKEN_GOOD);
}

rj_session *rj_admission_session(const rj_server *server, const rejoin_JoinRequest *request) {
  if (!request->has_resume)
    return NULL;
  rj_session *session = rj_map_get(server->sessions, request->resume.session);
  bool fits = session != NULL && session->uid == request->uid &&
              strcmp(session->channel->app_id, request->app_id) == 0 &&
              strcmp(session->channel->name, request->channel) == 0 &&
              rj_session_secret_fits(session, request->resume.secret);
  return fits ? session : NULL;
}

/* When who joins now joined: later than whoever has the uid at another edge, whatever its clock says. */
static uint64_t join_time(const rj_server *server, const rj_channel *channel,
                          const rejoin_JoinRequest *request, uint32_t uid, int64_t now) {
  uint64_t ms = rj_server_join_time(server, now);
  rj_mate theirs;
  if (channel != NULL && rj_union_elsewhere(channel, uid, &theirs))
    ms = MAX(ms, (theirs.joined_at >> RJ_STAY_TIME_BITS) + 1);
  return rj_server_stay_time(ms, rj_join_key(request->join_id));
}

/* Its uid joined anew at another edge since. */
static bool is_newer_elsewhere(const rj_channel *channel, const rejoin_JoinRequest *request) {
  rj_mate theirs;
  return channel != NULL && rj_union_elsewhere(channel, request->uid, &theirs) &&
         theirs.session != request->resume.session && theirs.joined_at > request->resume.joined_at;
}

static void decide_rejoin(rj_server *server, const rj_channel *channel, rj_session *current,
                          const rejoin_JoinRequest *request, rj_token_verdict token,
                          rj_admission *admission, int64_t now) {
  const rejoin_Resume *resume = &request->resume;
  if (rj_map_get(server->sessions, resume->session) != NULL) {
    rj_session *session = rj_admission_session(server, request);
    if (session != NULL)
      *admission = (rj_admission){.kind = RJ_ADMIT_RESUMED, .session = session};
    else
      refuse(admission, REASON_REJECTED_BY_SERVER);
    return;
  }

  const rj_ended_entry *ended = rj_ended_find(&server->ended, resume->session, now);
  if (ended != NULL && ended->how == RJ_ENDED_LEFT) {
    refuse(admission, REASON_REJECTED_BY_SERVER); /* a late packet of a stay that is over */
  } else if (ended != NULL && keeps_out(ended, token)) {
    refuse(admission, ended->how);
  } else if (current != NULL && same_join(current, request)) {
    /* an earlier attempt of this rejoin made it; its answer was lost */
    *admission = (rj_admission){.kind = RJ_ADMIT_AGAIN, .session = current};
  } else if ((current != NULL && (ended != NULL || current->joined_at > resume->joined_at)) ||
             is_newer_elsewhere(channel, request)) {
    refuse(admission, REASON_SAME_UID_LOGIN); /* a rejoin never takes over a newer join */
  } else {
    uint64_t wall = join_time(server, channel, request, request->uid, now);
    *admission = (rj_admission){.kind = RJ_ADMIT_NEW,
                                .session = current,
                                .uid = request->uid,
                                .joined_at = MIN(resume->joined_at, wall)};
  }
}

static void decide_join(rj_server *server, const rj_channel *channel, rj_session *current,
                        const rejoin_JoinRequest *request, rj_token_verdict token,
                        rj_admission *admission, int64_t now) {
  uint64_t key = rj_join_key(request->join_id);
  rj_session *again = rj_map_get(server->joins, key);
  if (again != NULL && again->channel == channel && same_join(again, request) &&
      (request->uid == 0 || request->uid == again->uid)) {
    *admission = (rj_admission){.kind = RJ_ADMIT_AGAIN, .session = again};
    return;
  }
  uint32_t uid = request->uid;
  const rj_ended_entry *ended = rj_ended_find_join(&server->ended, key, now);
  if (ended != NULL && keeps_out(ended, token)) {
    /* A late packet of a stay that is over. Only a rejoin can lose to a newer join by name (S-6, S-14). */
    bool told = ended->how != RJ_ENDED_LEFT && ended->how != REASON_SAME_UID_LOGIN;
    refuse(admission, told ? ended->how : REASON_REJECTED_BY_SERVER);
    return;
  }
  if (ended != NULL && uid == 0) { /* a repeat gets the same uid */
    uid = channel != NULL && rj_channel_has(channel, ended->uid) ? 0 : ended->uid;
    current = NULL;
  }
  *admission = (rj_admission){.kind = RJ_ADMIT_NEW,
                              .session = current,
                              .uid = uid,
                              .joined_at = join_time(server, channel, request, uid, now)};
}

bool rj_admission_is_kicked(const rj_server *server, const rejoin_JoinRequest *request,
                            uint32_t uid, const rj_address *peer, int64_t now) {
  const rj_kick_rule member = {
      .app_id = request->app_id, .channel = request->channel, .uid = uid, .ip = *peer};
  return server->kicks != NULL && rj_kicks_fit(server->kicks, &member, now);
}

static uint32_t uid_of(const rejoin_JoinRequest *request, const rj_admission *admission) {
  if (request->uid != 0)
    return request->uid;
  return admission->kind == RJ_ADMIT_AGAIN ? admission->session->uid : admission->uid;
}

/* Is there room for a session more? */
static bool has_room(const rj_server *server, const rj_channel *channel, uint32_t uid) {
  return rj_map_size(server->sessions) < server->limits.sessions &&
         (channel == NULL || !rj_channel_is_full(channel, uid));
}

rj_admission rj_admission_decide(rj_server *server, const rejoin_JoinRequest *request,
                                 const rj_address *peer, int64_t now) {
  rj_admission admission = {.kind = RJ_ADMIT_NEW};
  if (!rj_apps_welcome(server, request->app_id)) {
    refuse(&admission, REASON_INVALID_APP_ID);
    return admission;
  }
  if (!allows_name(server, request->channel)) {
    refuse(&admission, REASON_INVALID_CHANNEL_NAME);
    return admission;
  }

  rj_token_result token = rj_apps_check_token(server, request->app_id, request->channel,
                                              request->uid, request->token, now);
  const rj_channel *channel = rj_channel_find(server, request->app_id, request->channel);
  rj_session *current =
      channel != NULL && request->uid != 0 ? rj_channel_member(channel, request->uid) : NULL;
  if (request->has_resume)
    decide_rejoin(server, channel, current, request, token.verdict, &admission, now);
  else
    decide_join(server, channel, current, request, token.verdict, &admission, now);

  if (rj_admission_is_kicked(server, request, uid_of(request, &admission), peer, now))
    refuse(&admission, REASON_BANNED_BY_SERVER);
  if (token.verdict != RJ_TOKEN_GOOD)
    refuse(&admission, rj_token_reason(token.verdict));
  if (channel != NULL && request->role == ROLE_BROADCASTER &&
      request->profile == PROFILE_LIVE_BROADCASTING &&
      rj_channel_is_full_of_broadcasters(channel,
                                         admission.session != NULL ? admission.session : current,
                                         uid_of(request, &admission)))
    refuse(&admission, REASON_TOO_MANY_BROADCASTERS);
  if (request->version != RJ_PROTOCOL_VERSION ||
      (channel != NULL && channel->profile != request->profile))
    refuse(&admission, REASON_REJECTED_BY_SERVER);

  if (admission.kind == RJ_ADMIT_NEW && admission.session == NULL &&
      !has_room(server, channel, admission.uid))
    admission = (rj_admission){.kind = RJ_ADMIT_BUSY};
  admission.token = token.verdict;
  admission.privilege_until = rj_after(now, token.left);
  return admission;
}
