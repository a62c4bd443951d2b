// A GNUstep run loop that watches the event fd of an engine.
//
// Run loops are no business of other threads: what other threads ask for is done by messages to the
// run loop's own one. The run loop does not keep its watchers, so the source stays alive until it
// was taken off.
#import "RJRunLoopSource.h"

#if RJ_HAS_RUN_LOOPS
#import <Foundation/NSRunLoop.h>

@interface RJRunLoopSource () <RunLoopEvents>
@end

// What GNUstep knows a descriptor by.
static void *descriptor_data(int fd) {
  return (void *)(intptr_t)fd; // NOLINT(performance-no-int-to-ptr)
}

@implementation RJRunLoopSource

// In the order of the calls; on a thread that has come to its end there is no run loop left to
// tell.
- (void)onItsThread:(SEL)selector {
  if (![_thread isFinished])
    [self performSelector:selector
                 onThread:_thread
               withObject:nil
            waitUntilDone:[NSThread currentThread] == _thread];
}

- (instancetype)initWithDescriptor:(int)fd
                              core:(RJEngineCore *)core
                            handle:(RJClientHandle *)handle
                           runLoop:(NSRunLoop *)runLoop
                              mode:(NSString *)mode
                             error:(NSError **)error {
  self = [super init];
  if (self == nil)
    return nil;
  if (runLoop != nil && runLoop != [NSRunLoop currentRunLoop]) {
    RJFail(error, RJStatusInvalidArgument, @"runLoop",
           @"the run loop is not the one of this thread; make the engine on the thread where its "
           @"delegate hears");
    RJ_RELEASE(self);
    return nil;
  }
  _fd = fd;
  _core = RJ_RETAIN(core);
  _handle = RJ_RETAIN(handle);
  _mode = [(mode == nil ? NSDefaultRunLoopMode : mode) copy];
  _thread = RJ_RETAIN(runLoop == nil ? [NSThread mainThread] : [NSThread currentThread]);
  [self onItsThread:@selector(watch)];
  return self;
}

- (void)dealloc {
  RJ_RELEASE(_core);
  RJ_RELEASE(_handle);
  RJ_RELEASE(_mode);
  RJ_RELEASE(_thread);
  RJ_SUPER_DEALLOC;
}

- (void)watch {
  _runLoop = [NSRunLoop currentRunLoop];
  [_runLoop addEvent:descriptor_data(_fd) type:ET_RDESC watcher:self forMode:_mode];
}

- (void)unwatch {
  [_runLoop removeEvent:descriptor_data(_fd) type:ET_RDESC forMode:_mode all:YES];
  _runLoop = nil;
  RJ_RELEASE(_core);
  _core = nil; // it has a reference to this
}

- (void)invalidate {
  [self onItsThread:@selector(unwatch)];
}

- (void)receivedEvent:(void *)data
                 type:(RunLoopEventType)type
                extra:(void *)extra
              forMode:(NSString *)mode {
  (void)data;
  (void)type;
  (void)extra;
  (void)mode;
  RJEngineCore *core = RJ_RETAIN(_core); // which may be destroyed by what it tells
  (void)RJ_RETAIN(self);
  [core takeTurn];
  RJ_RELEASE(core);
  RJ_RELEASE(self);
}

@end
#endif
