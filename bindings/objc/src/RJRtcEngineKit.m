// An engine's face: its calls, and its life.
#import <RejoinKit/RJRtcEngineKit.h>

#import "RJEngineCore.h"

static const RJArgumentName token_names[] = {{"token", "token"}, {NULL, NULL}};
static const RJArgumentName role_names[] = {{"role", "role"}, {NULL, NULL}};

@interface RJLink (Internal)
- (instancetype)initWithEngine:(RJRtcEngineKit *)engine;
@end

@implementation RJRtcEngineKit

RJ_NO_INIT

// ---- life

- (instancetype)initWithConfig:(RJRtcEngineConfig *)config
                      delegate:(id<RJRtcEngineDelegate>)delegate
                         error:(NSError **)error {
  RJRuntime *runtime = [RJRuntime sharedRuntimeAndReturnError:error];
  if (runtime == nil) {
    RJ_RELEASE(self);
    return nil;
  }
  return [self initWithConfig:config delegate:delegate runtime:runtime simulated:NO error:error];
}

- (instancetype)initWithConfig:(RJRtcEngineConfig *)config
                      delegate:(id<RJRtcEngineDelegate>)delegate
                       runtime:(RJRuntime *)runtime
                     simulated:(BOOL)simulated
                         error:(NSError **)error {
  self = [super init];
  if (self == nil)
    return nil;
  _core = [[RJEngineCore alloc] initWithConfig:config
                                       runtime:runtime
                                     simulated:simulated
                                         error:error];
  [_core setDelegate:delegate];
  if (_core == nil || ![_core startForEngine:self simulated:simulated error:error]) {
    RJ_RELEASE(self);
    return nil;
  }
  return self;
}

- (void)dealloc {
  [_core destroy];
  RJ_RELEASE(_core);
  RJ_SUPER_DEALLOC;
}

- (void)destroy {
  [_core destroy];
}

#if !RJ_ARC
// Counted here, so that a core can ask for a reference that it is given only while there is another
// one.
- (instancetype)retain {
  __atomic_fetch_add(&_references, 1, __ATOMIC_RELAXED);
  return self;
}

- (oneway void)release {
  if (__atomic_fetch_sub(&_references, 1, __ATOMIC_ACQ_REL) ==
      0) // it counts those beside the first
    [self dealloc];
}

- (NSUInteger)retainCount {
  return (NSUInteger)__atomic_load_n(&_references, __ATOMIC_RELAXED) + 1;
}

- (BOOL)retainUnlessGone {
  int now = __atomic_load_n(&_references, __ATOMIC_RELAXED);
  while (now >= 0)
    if (__atomic_compare_exchange_n(&_references, &now, now + 1, YES, __ATOMIC_ACQ_REL,
                                    __ATOMIC_RELAXED))
      return YES;
  return NO;
}
#endif

- (RJEngineCore *)core {
  return _core;
}

// ---- the shared one

static RJRtcEngineKit *shared;

+ (instancetype)sharedEngineWithConfig:(RJRtcEngineConfig *)config
                              delegate:(id<RJRtcEngineDelegate>)delegate
                                 error:(NSError **)error {
  RJRtcEngineKit *engine = nil;
  @synchronized([RJRtcEngineKit class]) {
    if (shared != nil && ![shared->_core isAlive]) {
      RJ_RELEASE(shared);
      shared = nil;
    }
    if (shared == nil) {
      shared = [[RJRtcEngineKit alloc] initWithConfig:config delegate:delegate error:error];
    } else if ([[shared->_core config] isEqual:config]) {
      [shared setDelegate:delegate];
    } else {
      RJFail(error, RJStatusInvalidState, @"config",
             @"the shared engine has another config; call +[RJRtcEngineKit destroy] first");
      return nil;
    }
    engine = RJ_AUTORELEASE(RJ_RETAIN(shared));
  }
  return engine;
}

+ (void)destroy {
  RJRtcEngineKit *engine;
  @synchronized([RJRtcEngineKit class]) {
    engine = shared;
    shared = nil;
  }
  [engine destroy];
  RJ_RELEASE(engine);
}

// ---- what it knows

- (RJRtcEngineConfig *)config {
  return RJ_AUTORELEASE([[_core config] copy]);
}

- (id<RJRtcEngineDelegate>)delegate {
  return [_core delegate];
}

- (void)setDelegate:(id<RJRtcEngineDelegate>)delegate {
  [_core setDelegate:delegate];
}

- (NSError *)lastError {
  return [_core lastError];
}

- (RJConnectionState)getConnectionState {
  RJClientHandle *handle = [_core handle];
  return handle == nil ? RJConnectionStateDisconnected
                       : rj_client_connection_state([handle client]);
}

- (NSTimeInterval)now {
  return [[_core runtime] now];
}

- (NSTimeInterval)lastHeard {
  RJClientHandle *handle = [_core handle];
  return handle == nil ? 0 : RJSeconds(rj_client_last_heard([handle client]));
}

- (RJChannelStats *)statsAndReturnError:(NSError **)error {
  RJClientHandle *handle = [_core handle];
  if (handle == nil) {
    RJFailDestroyed(error);
    return nil;
  }
  rj_stats stats = {.size = sizeof stats};
  int32_t status = rj_client_stats([handle client], &stats);
  if (status < 0) {
    RJFailAsLibrary(error, status, rj_client_error_text([handle client]), NULL);
    return nil;
  }
  return RJ_AUTORELEASE([[RJChannelStats alloc] initWithStats:&stats]);
}

- (RJLink *)link {
  return RJ_AUTORELEASE([[RJLink alloc] initWithEngine:self]);
}

// ---- calls

// What a call returned, with an error for `lastError` where it failed.
- (int)statusOf:(BOOL)done error:(NSError *)error {
  if (done)
    return RJ_OK;
  [_core setLastError:error];
  return (int)[error code];
}

- (BOOL)joinChannel:(NSString *)channel
              token:(NSString *)token
                uid:(NSUInteger)uid
              error:(NSError **)error {
  return [_core joinChannel:channel token:token uid:uid success:NULL error:error];
}

- (int)joinChannelByToken:(NSString *)token
                channelId:(NSString *)channel
                     info:(NSString *)info
                      uid:(NSUInteger)uid {
  (void)info;
  NSError *error = nil;
  BOOL done = [_core joinChannel:channel token:token uid:uid success:NULL error:&error];
  return [self statusOf:done error:error];
}

- (BOOL)leaveChannelAndReturnError:(NSError **)error {
  return [_core leaveAndCall:NULL error:error];
}

- (int)leaveChannel {
  NSError *error = nil;
  BOOL done = [_core leaveAndCall:NULL error:&error];
  return [self statusOf:done error:error];
}

#ifdef __BLOCKS__
- (int)joinChannelByToken:(NSString *)token
                channelId:(NSString *)channel
                     info:(NSString *)info
                      uid:(NSUInteger)uid
              joinSuccess:(void (^)(NSString *, NSUInteger, NSInteger))joinSuccess {
  (void)info;
  NSError *error = nil;
  BOOL done = [_core joinChannel:channel
                           token:token
                             uid:uid
                         success:RJ_LOOK(void *, joinSuccess)
                           error:&error];
  return [self statusOf:done error:error];
}

- (int)leaveChannel:(void (^)(RJChannelStats *))leaveChannelBlock {
  NSError *error = nil;
  BOOL done = [_core leaveAndCall:RJ_LOOK(void *, leaveChannelBlock) error:&error];
  return [self statusOf:done error:error];
}
#endif

- (BOOL)renewToken:(NSString *)token error:(NSError **)error {
  RJClientHandle *handle = [_core handle];
  if (handle == nil)
    return RJFailDestroyed(error);
  if (!RJCheckText(token, @"token", RJStatusInvalidArgument, error))
    return NO;
  int32_t status = rj_client_renew_token([handle client], RJBytesOrEmpty(token));
  return status == RJ_OK ||
         RJFailAsLibrary(error, status, rj_client_error_text([handle client]), token_names);
}

- (int)renewToken:(NSString *)token {
  NSError *error = nil;
  BOOL done = [self renewToken:token error:&error];
  return [self statusOf:done error:error];
}

- (BOOL)setClientRole:(RJClientRole)role error:(NSError **)error {
  RJClientHandle *handle = [_core handle];
  if (handle == nil)
    return RJFailDestroyed(error);
  int32_t status = rj_client_set_client_role([handle client], (int32_t)role);
  return status == RJ_OK ||
         RJFailAsLibrary(error, status, rj_client_error_text([handle client]), role_names);
}

- (int)setClientRole:(RJClientRole)role {
  NSError *error = nil;
  BOOL done = [self setClientRole:role error:&error];
  return [self statusOf:done error:error];
}

@end
