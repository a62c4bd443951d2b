// Joins a channel and prints what its delegate hears.
//
//     objc-join-channel rejoin://HOST:PORT CHANNEL [--uid N] [--token TOKEN] [--fingerprint HEX] [--app-id ID]
//     objc-join-channel        with an edge of its own and a guest that comes and goes
//
// Ctrl-C leaves.
#import <RejoinKit/RejoinKit.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

// An object that the pool lets go of, where there is no ARC; Debian's compilers have none.
#if __has_feature(objc_arc)
#define POOLED(object) (object)
#else
#define POOLED(object) [(object) autorelease]
#endif

static volatile sig_atomic_t interrupted;

static void interrupt(int signal) {
  (void)signal;
  interrupted = 1;
}

static void say(NSString *line) {
  printf("%s\n", [line UTF8String]);
  fflush(stdout); // as soon as it is heard, also into a pipe
}

// Prints a line for what it hears.
@interface Printer : NSObject <RJRtcEngineDelegate> {
@private
  BOOL _isIn, _isOut, _isAlone;
}
@property(nonatomic, readonly) BOOL isIn;    // joined
@property(nonatomic, readonly) BOOL isOut;   // left, or failed
@property(nonatomic, readonly) BOOL isAlone; // the last peer went
@end

@implementation Printer

@synthesize isIn = _isIn;
@synthesize isOut = _isOut;
@synthesize isAlone = _isAlone;

- (void)rtcEngine:(RJRtcEngineKit *)engine
    connectionChangedToState:(RJConnectionState)state
                      reason:(RJConnectionChangedReason)reason {
  (void)engine;
  say([NSString stringWithFormat:@"%@: %@", RJConnectionStateName(state),
                                 RJConnectionChangedReasonName(reason)]);
  if (state == RJConnectionStateFailed)
    _isOut = YES;
}

- (void)rtcEngine:(RJRtcEngineKit *)engine
    didJoinChannel:(NSString *)channel
           withUid:(NSUInteger)uid
           elapsed:(NSInteger)elapsed {
  (void)engine;
  _isIn = YES;
  say([NSString stringWithFormat:@"joined %@ as %lu after %ld ms", channel, (unsigned long)uid,
                                 (long)elapsed]);
}

- (void)rtcEngine:(RJRtcEngineKit *)engine
    didRejoinChannel:(NSString *)channel
             withUid:(NSUInteger)uid
             elapsed:(NSInteger)elapsed {
  (void)engine;
  say([NSString stringWithFormat:@"rejoined %@ as %lu after %ld ms", channel, (unsigned long)uid,
                                 (long)elapsed]);
}

- (void)rtcEngine:(RJRtcEngineKit *)engine didLeaveChannelWithStats:(RJChannelStats *)stats {
  (void)engine;
  _isOut = YES;
  say([NSString stringWithFormat:@"left: %@", stats]);
}

- (void)rtcEngineConnectionDidLost:(RJRtcEngineKit *)engine {
  (void)engine;
  say(@"the connection is lost; rejoining goes on");
}

- (void)rtcEngine:(RJRtcEngineKit *)engine
    didJoinedOfUid:(NSUInteger)uid
           elapsed:(NSInteger)elapsed {
  (void)engine;
  (void)elapsed;
  say([NSString stringWithFormat:@"%lu is here", (unsigned long)uid]);
}

- (void)rtcEngine:(RJRtcEngineKit *)engine
    didOfflineOfUid:(NSUInteger)uid
             reason:(RJUserOfflineReason)reason {
  (void)engine;
  _isAlone = YES;
  say([NSString
      stringWithFormat:@"%lu is gone: %@", (unsigned long)uid, RJUserOfflineReasonName(reason)]);
}

- (void)rtcEngine:(RJRtcEngineKit *)engine tokenPrivilegeWillExpire:(NSString *)token {
  (void)engine;
  (void)token;
  say(@"the token ends in half a minute");
}

- (void)rtcEngineRequestToken:(RJRtcEngineKit *)engine {
  (void)engine;
  say(@"the token has ended");
}

@end

static int fail(NSError *error) {
  fprintf(stderr, "%s\n", [[error localizedDescription] UTF8String]);
  return 1;
}

// Lets the run loop, in which delegates hear, turn once.
static void turn(void) {
  [[NSRunLoop currentRunLoop] runMode:NSDefaultRunLoopMode
                           beforeDate:[NSDate dateWithTimeIntervalSinceNow:0.1]];
}

// In the channel until Ctrl-C, or until it failed.
static int stay(RJRtcEngineConfig *config, NSString *channel, NSString *token) {
  NSError *error = nil;
  Printer *printer = POOLED([[Printer alloc] init]);
  RJRtcEngineKit *engine = POOLED([[RJRtcEngineKit alloc] initWithConfig:config
                                                                delegate:printer
                                                                   error:&error]);
  if (engine == nil || ![engine joinChannel:channel token:token uid:[config uid] error:&error])
    return fail(error);
  signal(SIGINT, interrupt);
  while (!interrupted && ![printer isOut])
    turn();
  [engine leaveChannel];
  while ([engine getConnectionState] != RJConnectionStateDisconnected || ![printer isOut])
    turn();
  [engine setDelegate:nil];
  return 0;
}

// Everything in this process: an edge, this member, and a guest.
static int demonstrate(void) {
  NSError *error = nil;
  RJEdge *edge = POOLED([[RJEdge alloc] initWithConfig:nil error:&error]);
  if (edge == nil)
    return fail(error);
  say([NSString stringWithFormat:@"an edge at %@", [edge url]]);
  RJRtcEngineConfig *config = [RJRtcEngineConfig configWithEdge:edge];
  Printer *printer = POOLED([[Printer alloc] init]);
  RJRtcEngineKit *engine = POOLED([[RJRtcEngineKit alloc] initWithConfig:config
                                                                delegate:printer
                                                                   error:&error]);
  RJRtcEngineKit *guest = POOLED([[RJRtcEngineKit alloc] initWithConfig:config
                                                               delegate:nil
                                                                  error:&error]);
  if (guest == nil || ![engine joinChannel:@"demo" token:nil uid:1 error:&error])
    return fail(error);
  while (![printer isIn] && ![printer isOut])
    turn();
  [guest joinChannelByToken:nil channelId:@"demo" info:nil uid:2];
  while ([guest getConnectionState] == RJConnectionStateConnecting)
    turn();
  [guest leaveChannel];
  while (![printer isAlone] && ![printer isOut])
    turn();
  [engine leaveChannel];
  while (![printer isOut])
    turn();
  [engine setDelegate:nil];
  return 0;
}

static int usage(void) {
  fprintf(stderr,
          "usage: objc-join-channel [URL CHANNEL [--uid N] [--token TOKEN] [--fingerprint HEX] "
          "[--app-id ID]]\n");
  return 2;
}

static int run(int count, char **words) {
  if (count == 1)
    return demonstrate();
  if (count < 3 || count % 2 == 0)
    return usage();
  RJRtcEngineConfig *config =
      [RJRtcEngineConfig configWithUrl:[NSString stringWithUTF8String:words[1]]];
  NSString *channel = [NSString stringWithUTF8String:words[2]], *token = nil;
  for (int i = 3; i < count; i += 2) {
    NSString *option = [NSString stringWithUTF8String:words[i]],
             *value = [NSString stringWithUTF8String:words[i + 1]];
    if ([option isEqualToString:@"--uid"])
      [config setUid:strtoul(words[i + 1], NULL, 10)];
    else if ([option isEqualToString:@"--token"])
      token = value;
    else if ([option isEqualToString:@"--fingerprint"])
      [config setFingerprint:value];
    else if ([option isEqualToString:@"--app-id"])
      [config setAppId:value];
    else
      return usage();
  }
  return stay(config, channel, token);
}

int main(int count, char **words) {
#ifdef __clang__
  @autoreleasepool {
    return run(count, words);
  }
#else
  NSAutoreleasePool *pool = [[NSAutoreleasePool alloc] init];
  int status = run(count, words);
  [pool drain];
  return status;
#endif
}
