/* One uid at two edges: exactly one of its sessions survives (S-16), the same for all edges. A new session
 * says in whose place it came; the edge that has that one ends it. Wall clocks that differ do no harm: a new
 * session is made later than what its edge knows of. */
#include "edge/edge_internal.h"

bool rj_duplicates_claim(rj_session *session, const rejoin_JoinRequest *request, uint64_t older,
                         rj_mate *theirs, int64_t now) {
  rj_channel *channel = session->channel;
  bool is_elsewhere = rj_union_elsewhere(channel, session->uid, theirs);
  session->came_back = request->has_resume;
  session->since = rj_server_join_time(channel->server, now);
  if (is_elsewhere)
    session->since = MAX(session->since, theirs->since + 1);

  bool left_theirs =
      request->left_session != 0 && (!is_elsewhere || theirs->session == request->left_session);
  if (request->has_resume) {
    session->replaces = request->resume.session;
    session->how = RJ_REPLACED_MOVED;
  } else if (older != 0) {
    session->replaces = older;
    session->how = RJ_REPLACED_TAKEN_OVER;
  } else if (left_theirs) {
    session->replaces = request->left_session;
    session->how = RJ_REPLACED_LEFT;
  } else if (is_elsewhere) {
    session->replaces = theirs->session;
    session->how = RJ_REPLACED_TAKEN_OVER;
  }
  return is_elsewhere;
}

void rj_duplicates_settle(rj_channel *channel, const rj_mate *theirs, int64_t now) {
  rj_session *ours = rj_channel_member(channel, theirs->uid);
  if (ours == NULL)
    return;
  rj_mate mine = rj_mate_of(ours);
  if (!rj_mate_holds(theirs, &mine))
    return; /* its edge will end it */
  bool is_named = theirs->replaces == ours->id;
  /* Two joins of one stay there are not: one of them came by a rejoin. */
  bool is_same_stay =
      theirs->joined_at == ours->joined_at &&
      (ours->came_back || (theirs->replaces != 0 && theirs->how == RJ_REPLACED_MOVED));
  if (is_named && theirs->how == RJ_REPLACED_LEFT) { /* P-2; its goodbye did not come */
    rj_observe_end(ours, RJ_OBSERVED_LEFT, 0, "says its join at another edge", now);
    channel->server->counters.leaves++;
    rj_session_end(ours, RJ_TELL_LEFT, 0, now);
  } else if ((is_named && theirs->how == RJ_REPLACED_MOVED) || is_same_stay) {
    rj_observe_end(ours, RJ_OBSERVED_MOVED, 0, "it is at another edge", now);
    channel->server->counters.moves++;
    rj_session_end(ours, RJ_TELL_MOVED, 0, now);
  } else {
    rj_observe_end(ours, RJ_OBSERVED_REPLACED, REASON_SAME_UID_LOGIN,
                   "the same uid joins at another edge", now);
    channel->server->counters.takeovers++;
    rj_session_end(ours, RJ_TELL_MOVED, REASON_SAME_UID_LOGIN, now);
  }
}
