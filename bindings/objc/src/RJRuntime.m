// A runtime of the library, and the handles in it.
#import "RJRuntime.h"

#import "RJEngineCore.h"

@implementation RJRuntime

+ (RJRuntime *)sharedRuntimeAndReturnError:(NSError **)error {
  static RJRuntime *shared;
  @synchronized([RJRuntime class]) {
    if (shared == nil)
      shared = [[RJRuntime alloc] initWithOptions:NULL error:error];
  }
  return shared;
}

- (instancetype)initWithOptions:(const rj_runtime_options *)options error:(NSError **)error {
  self = [super init];
  if (self == nil)
    return nil;
  static const RJArgumentName names[] = {{"wall_ns", "wallClock"}, {NULL, NULL}};
  int32_t status = rj_runtime_new(options, &_pointer);
  if (status < 0) {
    RJFailAsLibrary(error, status, rj_runtime_error_text(NULL), names);
    RJ_RELEASE(self);
    return nil;
  }
  _lock = [[NSLock alloc] init];
  _cores = [[NSMutableDictionary alloc] init];
  return self;
}

- (void)dealloc {
  rj_runtime_free(_pointer);
  RJ_RELEASE(_lock);
  RJ_RELEASE(_cores);
  RJ_SUPER_DEALLOC;
}

- (rj_runtime *)pointer {
  return _pointer;
}

- (NSTimeInterval)now {
  return RJSeconds(rj_runtime_now(_pointer));
}

- (void)addCore:(RJEngineCore *)core ofClient:(rj_client *)client {
  [_lock lock];
  [_cores setObject:core forKey:[NSValue valueWithPointer:client]];
  [_lock unlock];
}

- (void)forgetClient:(rj_client *)client {
  NSValue *key = [NSValue valueWithPointer:client];
  [_lock lock];
  // What goes with it goes outside the lock.
  RJ_UNTIL_END id core = RJ_RETAIN([_cores objectForKey:key]);
  [_cores removeObjectForKey:key];
  [_lock unlock];
  RJ_RELEASE(core);
}

- (RJEngineCore *)nextReady:(BOOL *)more {
  rj_client *client = NULL;
  *more = rj_runtime_next_ready(_pointer, &client) == 1;
  if (!*more)
    return nil;
  [_lock lock];
  RJEngineCore *core = RJ_RETAIN([_cores objectForKey:[NSValue valueWithPointer:client]]);
  [_lock unlock];
  return RJ_AUTORELEASE(core);
}

@end

@implementation RJClientHandle

- (instancetype)initWithClient:(rj_client *)client runtime:(RJRuntime *)runtime {
  self = [super init];
  if (self != nil) {
    _client = client;
    _runtime = RJ_RETAIN(runtime);
  }
  return self;
}

- (void)dealloc {
  rj_client_free(_client);
  RJ_RELEASE(_runtime);
  RJ_SUPER_DEALLOC;
}

- (rj_client *)client {
  return _client;
}

@end

@implementation RJEdgeHandle

- (instancetype)initWithEdge:(rj_edge *)edge runtime:(RJRuntime *)runtime {
  self = [super init];
  if (self != nil) {
    _edge = edge;
    _runtime = RJ_RETAIN(runtime);
  }
  return self;
}

- (void)dealloc {
  rj_edge_free(_edge);
  RJ_RELEASE(_runtime);
  RJ_SUPER_DEALLOC;
}

- (rj_edge *)edge {
  return _edge;
}

@end
