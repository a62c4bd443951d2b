// A GNUstep run loop that watches the event fd of an engine.
#import "RJEngineCore.h"

#if RJ_HAS_RUN_LOOPS
RJ_NOTHING_NIL_BEGIN

@interface RJRunLoopSource : NSObject <RJEventSource> {
@private
  int _fd;
  RJEngineCore *_core;
  RJClientHandle *_handle; // keeps the descriptor open while the run loop knows it
  NSString *_mode;
  NSThread *_thread;
  NSRunLoop *_runLoop; // nil: not watched now; only its own thread touches it
}

// runLoop  the current one; nil: the main thread's.
// mode     nil: the default one.
//
// nil: RJStatusInvalidArgument, it is another thread's.
- (RJ_INSTANCETYPE_OR_NIL)initWithDescriptor:(int)fd
                                        core:(RJEngineCore *)core
                                      handle:(RJClientHandle *)handle
                                     runLoop:(NSRunLoop *RJ_OR_NIL)runLoop
                                        mode:(NSString *RJ_OR_NIL)mode
                                       error:(RJ_ERROR_OUT)error;

@end

RJ_NOTHING_NIL_END
#endif
