// The delegate's method for each row of abi/events.def.
#import "RJEvents.h"

#include <objc/runtime.h>
#include <stddef.h>
#include <stdlib.h>

typedef void teller(id<RJRtcEngineDelegate> delegate, RJRtcEngineKit *engine,
                    const rj_event *event);

static RJChannelStats *stats_of(const rj_event *event) {
  return RJ_AUTORELEASE([[RJChannelStats alloc] initWithStats:&event->stats]);
}

// TELLER(name) { the method of the event, called with its fields: `e` }
#define TELLER(name)                                                                               \
  static void tell_##name(id<RJRtcEngineDelegate> delegate, RJRtcEngineKit *engine,                \
                          const rj_event *e)

TELLER(connection_changed) {
  [delegate rtcEngine:engine connectionChangedToState:e->state reason:e->reason];
}

TELLER(did_join_channel) {
  [delegate rtcEngine:engine didJoinChannel:RJText(e->text) withUid:e->uid elapsed:e->elapsed_ms];
}

TELLER(did_rejoin_channel) {
  [delegate rtcEngine:engine didRejoinChannel:RJText(e->text) withUid:e->uid elapsed:e->elapsed_ms];
}

TELLER(did_leave_channel) {
  [delegate rtcEngine:engine didLeaveChannelWithStats:stats_of(e)];
}

TELLER(stats) {
  [delegate rtcEngine:engine reportRtcStats:stats_of(e)];
}

TELLER(connection_lost) {
  (void)e;
  [delegate rtcEngineConnectionDidLost:engine];
}

TELLER(request_token) {
  (void)e;
  [delegate rtcEngineRequestToken:engine];
}

TELLER(user_joined) {
  [delegate rtcEngine:engine didJoinedOfUid:e->uid elapsed:e->elapsed_ms];
}

TELLER(user_offline) {
  [delegate rtcEngine:engine didOfflineOfUid:e->uid reason:e->reason];
}

TELLER(user_interrupted) {
  [delegate rtcEngine:engine didInterruptedOfUid:e->uid];
}

TELLER(user_resumed) {
  [delegate rtcEngine:engine didResumedOfUid:e->uid];
}

TELLER(token_privilege_will_expire) {
  [delegate rtcEngine:engine tokenPrivilegeWillExpire:RJText(e->text)];
}

TELLER(renew_token_result) {
  [delegate rtcEngine:engine renewTokenResult:RJText(e->text) code:e->code];
}

TELLER(network_changed) {
  [delegate rtcEngine:engine networkTypeChangedToType:e->network];
}

TELLER(client_role_changed) {
  [delegate rtcEngine:engine didClientRoleChanged:e->old_role newRole:e->role];
}

TELLER(client_role_change_failed) {
  [delegate rtcEngine:engine didClientRoleChangeFailed:e->reason role:e->role];
}

TELLER(stream_message) {
  [delegate rtcEngine:engine
      receiveStreamMessageFromUid:e->uid
                         streamId:e->stream_id
                             data:[NSData dataWithBytes:e->text length:e->text_length]];
}

TELLER(stream_message_error) {
  [delegate rtcEngine:engine
      didOccurStreamMessageErrorFromUid:e->uid
                               streamId:e->stream_id
                                 missed:e->count];
}

TELLER(events_dropped) {
  [delegate rtcEngine:engine didDropEvents:e->count];
}

TELLER(attempt) {
  NSTimeInterval delay = e->next_delay_ns < 0 ? -1 : RJSeconds(e->next_delay_ns);
  [delegate rtcEngine:engine didAttempt:e->attempt outcome:e->outcome nextDelay:delay];
}

// In the order of abi/events.def, so by their numbers; tests/objc/test_rows.m compares the two.
static const struct {
  int32_t kind;
  const char *selector;
  teller *tell;
} rows[] = {
    {RJ_EVENT_CONNECTION_CHANGED,
     "rtcEngine:connectionChangedToState:reason:", tell_connection_changed},
    {RJ_EVENT_DID_JOIN_CHANNEL, "rtcEngine:didJoinChannel:withUid:elapsed:", tell_did_join_channel},
    {RJ_EVENT_DID_REJOIN_CHANNEL,
     "rtcEngine:didRejoinChannel:withUid:elapsed:", tell_did_rejoin_channel},
    {RJ_EVENT_DID_LEAVE_CHANNEL, "rtcEngine:didLeaveChannelWithStats:", tell_did_leave_channel},
    {RJ_EVENT_STATS, "rtcEngine:reportRtcStats:", tell_stats},
    {RJ_EVENT_CONNECTION_LOST, "rtcEngineConnectionDidLost:", tell_connection_lost},
    {RJ_EVENT_REQUEST_TOKEN, "rtcEngineRequestToken:", tell_request_token},
    {RJ_EVENT_USER_JOINED, "rtcEngine:didJoinedOfUid:elapsed:", tell_user_joined},
    {RJ_EVENT_USER_OFFLINE, "rtcEngine:didOfflineOfUid:reason:", tell_user_offline},
    {RJ_EVENT_USER_INTERRUPTED, "rtcEngine:didInterruptedOfUid:", tell_user_interrupted},
    {RJ_EVENT_USER_RESUMED, "rtcEngine:didResumedOfUid:", tell_user_resumed},
    {RJ_EVENT_TOKEN_PRIVILEGE_WILL_EXPIRE,
     "rtcEngine:tokenPrivilegeWillExpire:", tell_token_privilege_will_expire},
    {RJ_EVENT_RENEW_TOKEN_RESULT, "rtcEngine:renewTokenResult:code:", tell_renew_token_result},
    {RJ_EVENT_NETWORK_CHANGED, "rtcEngine:networkTypeChangedToType:", tell_network_changed},
    {RJ_EVENT_CLIENT_ROLE_CHANGED,
     "rtcEngine:didClientRoleChanged:newRole:", tell_client_role_changed},
    {RJ_EVENT_CLIENT_ROLE_CHANGE_FAILED,
     "rtcEngine:didClientRoleChangeFailed:role:", tell_client_role_change_failed},
    {RJ_EVENT_STREAM_MESSAGE,
     "rtcEngine:receiveStreamMessageFromUid:streamId:data:", tell_stream_message},
    {RJ_EVENT_STREAM_MESSAGE_ERROR,
     "rtcEngine:didOccurStreamMessageErrorFromUid:streamId:missed:", tell_stream_message_error},
    {RJ_EVENT_EVENTS_DROPPED, "rtcEngine:didDropEvents:", tell_events_dropped},
    {RJ_EVENT_ATTEMPT, "rtcEngine:didAttempt:outcome:nextDelay:", tell_attempt},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

uint64_t RJHearsOfDelegate(id<RJRtcEngineDelegate> delegate) {
  if (delegate == nil)
    return 0;
  uint64_t hears = [delegate respondsToSelector:@selector(rtcEngine:didReceiveEvent:)] ? 1 : 0;
  for (int i = 0; i < ROWS; i++)
    if ([delegate respondsToSelector:sel_registerName(rows[i].selector)])
      hears |= UINT64_C(1) << rows[i].kind;
  return hears;
}

void RJTell(id<RJRtcEngineDelegate> delegate, RJRtcEngineKit *engine, const rj_event *event) {
  int32_t row = event->kind - 1;
  if (row >= 0 && row < ROWS)
    rows[row].tell(delegate, engine, event);
}

// ---- statistics

#define STATS ((const rj_stats *)_stats)

@implementation RJChannelStats

RJ_NO_INIT

- (instancetype)initWithStats:(const rj_stats *)stats {
  self = [super init];
  if (self != nil)
    _stats = RJCopyBytes(stats, sizeof *stats);
  return self;
}

- (void)dealloc {
  free(_stats);
  RJ_SUPER_DEALLOC;
}

- (NSTimeInterval)duration {
  return RJSeconds(STATS->duration_ns);
}

- (NSUInteger)members {
  return STATS->members;
}

- (NSUInteger)outages {
  return STATS->outages;
}

- (NSTimeInterval)outageDuration {
  return RJSeconds(STATS->outage_ns);
}

- (NSUInteger)attempts {
  return STATS->attempts;
}

- (NSTimeInterval)roundTrip {
  return RJSeconds(STATS->round_trip_ns);
}

- (uint64_t)bytesSent {
  return STATS->bytes_sent;
}

- (uint64_t)bytesReceived {
  return STATS->bytes_received;
}

- (uint64_t)packetsSent {
  return STATS->packets_sent;
}

- (uint64_t)packetsReceived {
  return STATS->packets_received;
}

- (uint64_t)packetsLost {
  return STATS->packets_lost;
}

- (NSString *)description {
  return
      [NSString stringWithFormat:
                    @"%.3f s, %lu members, %lu outages of %.3f s, %llu packets sent, %llu received",
                    [self duration], (unsigned long)[self members], (unsigned long)[self outages],
                    [self outageDuration], (unsigned long long)[self packetsSent],
                    (unsigned long long)[self packetsReceived]];
}

@end

// ---- events

#define EVENT ((const rj_event *)_event)

@implementation RJRtcEvent

RJ_NO_INIT

- (instancetype)initWithEvent:(const rj_event *)event {
  self = [super init];
  if (self != nil) // as much of the text as there is
    _event = RJCopyBytes(event, offsetof(rj_event, text) + event->text_length + 1);
  return self;
}

- (void)dealloc {
  free(_event);
  RJ_SUPER_DEALLOC;
}

- (BOOL)is:(int32_t)one or:(int32_t)other {
  return EVENT->kind == one || EVENT->kind == other;
}

- (RJEventKind)kind {
  return EVENT->kind;
}

- (NSString *)name {
  return RJEventName(EVENT->kind);
}

- (uint64_t)sequence {
  return EVENT->sequence;
}

- (NSTimeInterval)time {
  return RJSeconds(EVENT->time_ns);
}

- (RJConnectionState)oldState {
  return EVENT->old_state;
}

- (RJConnectionState)state {
  return EVENT->state;
}

- (RJConnectionChangedReason)reason {
  return EVENT->kind == RJ_EVENT_USER_OFFLINE ? 0 : EVENT->reason;
}

- (RJUserOfflineReason)offlineReason {
  return EVENT->kind == RJ_EVENT_USER_OFFLINE ? EVENT->reason : 0;
}

- (NSUInteger)uid {
  return EVENT->uid;
}

- (NSInteger)elapsed {
  return EVENT->elapsed_ms;
}

- (NSString *)channel {
  return [self is:RJ_EVENT_DID_JOIN_CHANNEL or:RJ_EVENT_DID_REJOIN_CHANNEL] ? RJText(EVENT->text)
                                                                            : nil;
}

- (NSString *)token {
  return [self is:RJ_EVENT_TOKEN_PRIVILEGE_WILL_EXPIRE or:RJ_EVENT_RENEW_TOKEN_RESULT]
             ? RJText(EVENT->text)
             : nil;
}

- (RJRenewTokenCode)code {
  return EVENT->code;
}

- (RJNetworkType)network {
  return EVENT->network;
}

- (RJClientRole)oldRole {
  return EVENT->old_role;
}

- (RJClientRole)role {
  return EVENT->role;
}

- (NSInteger)streamId {
  return EVENT->stream_id;
}

- (NSData *)data {
  return EVENT->kind == RJ_EVENT_STREAM_MESSAGE
             ? [NSData dataWithBytes:EVENT->text length:EVENT->text_length]
             : nil;
}

- (uint64_t)missed {
  return EVENT->kind == RJ_EVENT_STREAM_MESSAGE_ERROR ? EVENT->count : 0;
}

- (uint64_t)count {
  return EVENT->kind == RJ_EVENT_EVENTS_DROPPED ? EVENT->count : 0;
}

- (RJChannelStats *)stats {
  if (![self is:RJ_EVENT_STATS or:RJ_EVENT_DID_LEAVE_CHANNEL])
    return nil;
  return RJ_AUTORELEASE([[RJChannelStats alloc] initWithStats:&EVENT->stats]);
}

- (NSInteger)attempt {
  return EVENT->attempt;
}

- (RJAttemptOutcome)outcome {
  return EVENT->outcome;
}

- (NSTimeInterval)nextDelay {
  return EVENT->next_delay_ns < 0 ? -1 : RJSeconds(EVENT->next_delay_ns);
}

- (NSString *)description {
  return [NSString stringWithFormat:@"%llu at %.3f s: %@", (unsigned long long)[self sequence],
                                    [self time], [self name]];
}

@end
