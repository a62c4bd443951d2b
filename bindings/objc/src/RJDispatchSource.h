// A dispatch source on the event fd of an engine.
#import "RJEngineCore.h"

#if RJ_HAS_DISPATCH
RJ_NOTHING_NIL_BEGIN

@interface RJDispatchSource : NSObject <RJEventSource> {
@private
  dispatch_source_t _source;
}

// handle keeps the descriptor open while the source knows it.
- (instancetype)initWithDescriptor:(int)fd
                              core:(RJEngineCore *)core
                            handle:(RJClientHandle *)handle
                             queue:(dispatch_queue_t)queue;

@end

RJ_NOTHING_NIL_END
#endif
