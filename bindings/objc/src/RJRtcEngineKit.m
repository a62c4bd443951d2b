// An engine's face: its calls, and its life.
#import <RejoinKit/RJRtcEngineKit.h>

#import "RJEngineCore.h"

// What the library's texts call an argument, and what it is called here.
static const RJArgumentName token_names[] = {{"token", "token"}, {NULL, NULL}};
static const RJArgumentName role_names[] = {{"role", "role"}, {NULL, NULL}};
static const RJArgumentName network_names[] = {{"network", "type"}, {NULL, NULL}};
static const RJArgumentName span_names[] = {{"span_ns", "seconds"}, {NULL, NULL}};
static const RJArgumentName stream_names[] = {{"reliable", "reliable"},
                                              {"ordered", "ordered"},
                                              {"stream_id", "streamId"},
                                              {"stream", "streamId"},
                                              {NULL, NULL}};

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

static BOOL succeeded(RJClientHandle *handle, int32_t status, const RJArgumentName *names,
                      NSError **error) {
  return status >= 0 ||
         RJFailAsLibrary(error, status, rj_client_error_text([handle client]), names);
}

- (BOOL)renewToken:(NSString *)token error:(NSError **)error {
  RJClientHandle *handle = [_core handle];
  if (handle == nil)
    return RJFailDestroyed(error);
  if (!RJCheckText(token, @"token", RJStatusInvalidArgument, error))
    return NO;
  return succeeded(handle, rj_client_renew_token([handle client], RJBytesOrEmpty(token)),
                   token_names, error);
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
  return succeeded(handle, rj_client_set_client_role([handle client], (int32_t)role), role_names,
                   error);
}

- (int)setClientRole:(RJClientRole)role {
  NSError *error = nil;
  BOOL done = [self setClientRole:role error:&error];
  return [self statusOf:done error:error];
}

- (BOOL)networkChangedToType:(RJNetworkType)type error:(NSError **)error {
  RJClientHandle *handle = [_core handle];
  if (handle == nil)
    return RJFailDestroyed(error);
  return succeeded(handle, rj_client_network_changed([handle client], (int32_t)type), network_names,
                   error);
}

- (int)networkChangedToType:(RJNetworkType)type {
  NSError *error = nil;
  BOOL done = [self networkChangedToType:type error:&error];
  return [self statusOf:done error:error];
}

- (BOOL)suspendFor:(NSTimeInterval)seconds error:(NSError **)error {
  RJClientHandle *handle = [_core handle];
  if (handle == nil)
    return RJFailDestroyed(error);
  return succeeded(handle, rj_client_suspend([handle client], RJNanoseconds(seconds)), span_names,
                   error);
}

// ---- messages

- (BOOL)createDataStream:(NSInteger *)streamId
                reliable:(BOOL)reliable
                 ordered:(BOOL)ordered
                   error:(NSError **)error {
  RJClientHandle *handle = [_core handle];
  *streamId = 0;
  if (handle == nil)
    return RJFailDestroyed(error);
  uint32_t made = 0;
  int32_t status =
      rj_client_create_data_stream([handle client], reliable ? 1 : 0, ordered ? 1 : 0, &made);
  *streamId = made;
  return succeeded(handle, status, stream_names, error);
}

- (int)createDataStream:(NSInteger *)streamId reliable:(BOOL)reliable ordered:(BOOL)ordered {
  NSError *error = nil;
  BOOL done = [self createDataStream:streamId reliable:reliable ordered:ordered error:&error];
  return [self statusOf:done error:error];
}

- (BOOL)sendStreamMessage:(NSInteger)streamId data:(NSData *)data error:(NSError **)error {
  RJClientHandle *handle = [_core handle];
  if (handle == nil)
    return RJFailDestroyed(error);
  // What is no id of the library's is no stream either.
  uint32_t stream =
      streamId < 0 || (uint64_t)streamId > UINT32_MAX ? UINT32_MAX : (uint32_t)streamId;
  // An empty NSData may have no bytes to point at, but is there: it is too short.
  const void *bytes = data != nil && [data length] == 0 ? "" : [data bytes];
  return succeeded(handle,
                   rj_client_send_stream_message([handle client], stream, bytes, [data length]),
                   stream_names, error);
}

- (int)sendStreamMessage:(NSInteger)streamId data:(NSData *)data {
  NSError *error = nil;
  BOOL done = [self sendStreamMessage:streamId data:data error:&error];
  return [self statusOf:done error:error];
}

@end
