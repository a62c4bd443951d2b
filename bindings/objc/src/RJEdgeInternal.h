// How edges are made in a runtime.
#import <RejoinKit/RJEdge.h>

#import "RJRuntime.h"

RJ_NOTHING_NIL_BEGIN

@interface RJEdge (Internal)
- (RJ_INSTANCETYPE_OR_NIL)initWithConfig:(RJEdgeConfig *RJ_OR_NIL)config
                                 runtime:(RJRuntime *)runtime
                                   error:(RJ_ERROR_OUT)error;
@end

RJ_NOTHING_NIL_END
