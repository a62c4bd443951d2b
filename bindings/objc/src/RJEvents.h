// Events and statistics out of the library's, and the delegate's method for each of them.
#import <RejoinKit/RJRtcEngineDelegate.h>

#import "RJInternal.h"

RJ_NOTHING_NIL_BEGIN

@interface RJChannelStats (Internal)
- (instancetype)initWithStats:(const rj_stats *)stats;
@end

@interface RJRtcEvent (Internal)
- (instancetype)initWithEvent:(const rj_event *)event;
@end

// Which methods a delegate has: bit N stands for the one of event kind N, bit 0 for
// rtcEngine:didReceiveEvent:.
uint64_t RJHearsOfDelegate(id<RJRtcEngineDelegate> RJ_OR_NIL delegate);

static inline BOOL RJHears(uint64_t hears, int32_t kind) {
  return kind >= 0 && kind < 64 && (hears >> kind & 1) != 0;
}

// Calls the method of this event, which the delegate has.
void RJTell(id<RJRtcEngineDelegate> delegate, RJRtcEngineKit *engine, const rj_event *event);

RJ_NOTHING_NIL_END
