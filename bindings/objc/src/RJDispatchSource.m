// A dispatch source on the event fd of an engine. It is level-triggered, so what a turn leaves
// makes it fire again.
#import "RJDispatchSource.h"

#if RJ_HAS_DISPATCH

// What the source knows until it was cancelled.
@interface RJDispatchTurn : NSObject {
@private
  RJEngineCore *_core;
  RJClientHandle *_handle;
}
- (instancetype)initWithCore:(RJEngineCore *)core handle:(RJClientHandle *)handle;
- (void)take;
@end

@implementation RJDispatchTurn

- (instancetype)initWithCore:(RJEngineCore *)core handle:(RJClientHandle *)handle {
  self = [super init];
  if (self != nil) {
    _core = RJ_RETAIN(core);
    _handle = RJ_RETAIN(handle);
  }
  return self;
}

- (void)dealloc {
  RJ_RELEASE(_core);
  RJ_RELEASE(_handle);
  RJ_SUPER_DEALLOC;
}

- (void)take {
  [_core takeTurn];
}

@end

static void take(void *context) {
  RJ_POOL_BEGIN
    [RJ_LOOK(RJDispatchTurn *, context) take];
  RJ_POOL_END
}

static void cancelled(void *context) {
  RJ_POOL_BEGIN(void)
    RJ_TAKE(RJDispatchTurn *, context);
  RJ_POOL_END
}

@implementation RJDispatchSource

- (instancetype)initWithDescriptor:(int)fd
                              core:(RJEngineCore *)core
                            handle:(RJClientHandle *)handle
                             queue:(dispatch_queue_t)queue {
  self = [super init];
  if (self == nil)
    return nil;
  RJDispatchTurn *turn = [[RJDispatchTurn alloc] initWithCore:core handle:handle];
  _source = dispatch_source_create(DISPATCH_SOURCE_TYPE_READ, (uintptr_t)fd, 0, queue);
  dispatch_set_context(_source, RJ_GIVE(turn));
  RJ_RELEASE(turn);
  dispatch_source_set_event_handler_f(_source, take);
  dispatch_source_set_cancel_handler_f(_source, cancelled);
  dispatch_resume(_source);
  return self;
}

- (void)dealloc {
#if !RJ_ARC || !OS_OBJECT_USE_OBJC
  dispatch_release(_source);
#endif
  RJ_SUPER_DEALLOC;
}

- (void)invalidate {
  dispatch_source_cancel(_source);
}

@end
#endif
