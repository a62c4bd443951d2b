// What the Objective-C tests do again and again.
#import "check.h"

#include <stdio.h>
#include <stdlib.h>

static _Noreturn void fail(NSString *what, const char *file, int line) {
  fprintf(stderr, "%s:%d: %s\n", file, line, [what UTF8String]);
  abort();
}

void check_fails(NSString *what, const char *file, int line) {
  fail([NSString stringWithFormat:@"not so: %@", what], file, line);
}

void check_same(id one, id other, const char *file, int line) {
  if (one != other && ![one isEqual:other])
    fail([NSString stringWithFormat:@"%@ is not %@", one, other], file, line);
}

void check_error(NSError *error, NSInteger status, NSString *argument, const char *file, int line) {
  if (error == nil)
    fail(@"no error was given", file, line);
  check_same([error domain], RJErrorDomain, file, line);
  check_same(RJStatusName([error code]), RJStatusName(status), file, line);
  check_same([[error userInfo] objectForKey:RJErrorArgumentKey], argument, file, line);
  if ([[error localizedDescription] length] == 0)
    fail(@"an error without a text", file, line);
}

// GNUstep's classes keep what they make when they are used first; that is no leak of ours, so the
// leak sanitizer, where there is one, does not look.
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

static void use_classes_first(void) {
  if (__lsan_disable != NULL)
    __lsan_disable();
  POOL_BEGIN
    NSMutableDictionary *info = [NSMutableDictionary dictionary];
    [info setObject:@"text" forKey:[NSValue valueWithPointer:NULL]];
    RELEASE_([[NSLock alloc] init]);
    (void)[NSError errorWithDomain:@"domain" code:1 userInfo:info];
    [[NSRunLoop currentRunLoop] runMode:NSDefaultRunLoopMode beforeDate:[NSDate date]];
  POOL_END
  if (__lsan_enable != NULL)
    __lsan_enable();
}

void run_test(void (*test)(void), const char *name) {
  static BOOL used;
  if (!used)
    use_classes_first();
  used = YES;
  printf("%s\n", name);
  fflush(stdout);
  POOL_BEGIN
    test();
  POOL_END
}

@implementation Witness

- (instancetype)init {
  self = [super init];
  if (self != nil) {
    _events = [[NSMutableArray alloc] init];
    _lines = [[NSMutableArray alloc] init];
  }
  return self;
}

- (void)dealloc {
  RELEASE_(_events);
  RELEASE_(_lines);
#if !__has_feature(objc_arc)
  [super dealloc];
#endif
}

- (NSArray *)events {
  return _events;
}

- (NSArray *)lines {
  return _lines;
}

- (NSString *)names {
  NSMutableArray *names = [NSMutableArray array];
  for (RJRtcEvent *event in _events)
    [names addObject:[event name]];
  return [names componentsJoinedByString:@" "];
}

- (BOOL)hears:(NSString *)name {
  for (RJRtcEvent *event in _events)
    if ([[event name] isEqualToString:name])
      return YES;
  return NO;
}

- (void)clear {
  [_events removeAllObjects];
  [_lines removeAllObjects];
}

- (void)note:(NSString *)format, ... {
  va_list arguments;
  va_start(arguments, format);
  [_lines addObject:AUTORELEASE_([[NSString alloc] initWithFormat:format arguments:arguments])];
  va_end(arguments);
}

- (void)rtcEngine:(RJRtcEngineKit *)engine didReceiveEvent:(RJRtcEvent *)event {
  (void)engine;
  [_events addObject:event];
}

- (void)rtcEngine:(RJRtcEngineKit *)engine
    connectionChangedToState:(RJConnectionState)state
                      reason:(RJConnectionChangedReason)reason {
  (void)engine;
  [self note:@"connectionChangedToState %@ reason %@", RJConnectionStateName(state),
             RJConnectionChangedReasonName(reason)];
}

- (void)rtcEngine:(RJRtcEngineKit *)engine
    didJoinChannel:(NSString *)channel
           withUid:(NSUInteger)uid
           elapsed:(NSInteger)elapsed {
  (void)engine;
  [self note:@"didJoinChannel %@ withUid %lu elapsed %ld", channel, (unsigned long)uid,
             (long)elapsed];
}

- (void)rtcEngine:(RJRtcEngineKit *)engine
    didRejoinChannel:(NSString *)channel
             withUid:(NSUInteger)uid
             elapsed:(NSInteger)elapsed {
  (void)engine;
  [self note:@"didRejoinChannel %@ withUid %lu elapsed %ld", channel, (unsigned long)uid,
             (long)elapsed];
}

- (void)rtcEngine:(RJRtcEngineKit *)engine didLeaveChannelWithStats:(RJChannelStats *)stats {
  (void)engine;
  [self note:@"didLeaveChannelWithStats %lu", (unsigned long)[stats members]];
}

- (void)rtcEngine:(RJRtcEngineKit *)engine reportRtcStats:(RJChannelStats *)stats {
  (void)engine;
  [self note:@"reportRtcStats %lu", (unsigned long)[stats members]];
}

- (void)rtcEngineConnectionDidLost:(RJRtcEngineKit *)engine {
  (void)engine;
  [self note:@"connectionDidLost"];
}

- (void)rtcEngineRequestToken:(RJRtcEngineKit *)engine {
  (void)engine;
  [self note:@"requestToken"];
}

- (void)rtcEngine:(RJRtcEngineKit *)engine
    didJoinedOfUid:(NSUInteger)uid
           elapsed:(NSInteger)elapsed {
  (void)engine;
  [self note:@"didJoinedOfUid %lu elapsed %ld", (unsigned long)uid, (long)elapsed];
}

- (void)rtcEngine:(RJRtcEngineKit *)engine
    didOfflineOfUid:(NSUInteger)uid
             reason:(RJUserOfflineReason)reason {
  (void)engine;
  [self note:@"didOfflineOfUid %lu reason %@", (unsigned long)uid, RJUserOfflineReasonName(reason)];
}

- (void)rtcEngine:(RJRtcEngineKit *)engine didInterruptedOfUid:(NSUInteger)uid {
  (void)engine;
  [self note:@"didInterruptedOfUid %lu", (unsigned long)uid];
}

- (void)rtcEngine:(RJRtcEngineKit *)engine didResumedOfUid:(NSUInteger)uid {
  (void)engine;
  [self note:@"didResumedOfUid %lu", (unsigned long)uid];
}

- (void)rtcEngine:(RJRtcEngineKit *)engine tokenPrivilegeWillExpire:(NSString *)token {
  (void)engine;
  [self note:@"tokenPrivilegeWillExpire %@", token];
}

- (void)rtcEngine:(RJRtcEngineKit *)engine
    renewTokenResult:(NSString *)token
                code:(RJRenewTokenCode)code {
  (void)engine;
  [self note:@"renewTokenResult %@ code %@", token, RJRenewTokenCodeName(code)];
}

- (void)rtcEngine:(RJRtcEngineKit *)engine networkTypeChangedToType:(RJNetworkType)type {
  (void)engine;
  [self note:@"networkTypeChangedToType %@", RJNetworkTypeName(type)];
}

- (void)rtcEngine:(RJRtcEngineKit *)engine
    didClientRoleChanged:(RJClientRole)oldRole
                 newRole:(RJClientRole)newRole {
  (void)engine;
  [self note:@"didClientRoleChanged %@ newRole %@", RJClientRoleName(oldRole),
             RJClientRoleName(newRole)];
}

- (void)rtcEngine:(RJRtcEngineKit *)engine
    didClientRoleChangeFailed:(RJConnectionChangedReason)reason
                         role:(RJClientRole)role {
  (void)engine;
  [self note:@"didClientRoleChangeFailed %@ role %@", RJConnectionChangedReasonName(reason),
             RJClientRoleName(role)];
}

- (void)rtcEngine:(RJRtcEngineKit *)engine
    receiveStreamMessageFromUid:(NSUInteger)uid
                       streamId:(NSInteger)streamId
                           data:(NSData *)data {
  (void)engine;
  [self note:@"receiveStreamMessageFromUid %lu streamId %ld data %lu bytes", (unsigned long)uid,
             (long)streamId, (unsigned long)[data length]];
}

- (void)rtcEngine:(RJRtcEngineKit *)engine
    didOccurStreamMessageErrorFromUid:(NSUInteger)uid
                             streamId:(NSInteger)streamId
                               missed:(uint64_t)missed {
  (void)engine;
  [self note:@"didOccurStreamMessageErrorFromUid %lu streamId %ld missed %llu", (unsigned long)uid,
             (long)streamId, (unsigned long long)missed];
}

- (void)rtcEngine:(RJRtcEngineKit *)engine didDropEvents:(uint64_t)count {
  (void)engine;
  [self note:@"didDropEvents %llu", (unsigned long long)count];
}

- (void)rtcEngine:(RJRtcEngineKit *)engine
       didAttempt:(NSInteger)number
          outcome:(RJAttemptOutcome)outcome
        nextDelay:(NSTimeInterval)nextDelay {
  (void)engine;
  [self note:@"didAttempt %ld outcome %@ nextDelay %g", (long)number, RJAttemptOutcomeName(outcome),
             nextDelay];
}

@end

RJSimulation *a_simulation(void) {
  NSError *error = nil;
  RJSimulation *simulation = AUTORELEASE_([[RJSimulation alloc] initWithSeed:7 error:&error]);
  CHECK(simulation != nil);
  return simulation;
}

RJEdge *an_edge(RJSimulation *simulation) {
  NSError *error = nil;
  RJEdge *edge = [simulation edgeWithConfig:nil error:&error];
  CHECK(edge != nil);
  return edge;
}

RJRtcEngineKit *a_member(RJSimulation *simulation, RJEdge *edge, NSUInteger uid,
                         Witness *delegate) {
  NSError *error = nil;
  RJRtcEngineKit *engine = [simulation clientAtEdge:edge delegate:delegate error:&error];
  CHECK(engine != nil);
  CHECK([engine joinChannel:@"demo" token:nil uid:uid error:&error]);
  run(simulation, 1);
  CHECK_INT([engine getConnectionState], RJConnectionStateConnected);
  [delegate clear];
  return engine;
}

void run(RJSimulation *simulation, NSTimeInterval seconds) {
  NSError *error = nil;
  [simulation runFor:seconds error:&error];
  CHECK_SAME(error, nil);
}

void turn_run_loop(void) {
  [[NSRunLoop currentRunLoop] runMode:NSDefaultRunLoopMode
                           beforeDate:[NSDate dateWithTimeIntervalSinceNow:0.05]];
}
