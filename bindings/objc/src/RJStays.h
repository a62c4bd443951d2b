// The blocks that wait for what becomes of a join or a leave call.
#import <RejoinKit/RJRtcEngineKit.h>

#import "RJInternal.h"

#ifdef __BLOCKS__
RJ_NOTHING_NIL_BEGIN

typedef void (^RJJoinSuccess)(NSString *channel, NSUInteger uid, NSInteger elapsed);
typedef void (^RJLeft)(RJChannelStats *stats);

// A block that is to be called because of an event.
@interface RJStayEnd : NSObject {
@private
  uint64_t _stay;
  RJJoinSuccess _joined; // one of the two
  RJLeft _left;
}
- (void)callWith:(const rj_event *)event;
@end

// Stays are numbered on both ends of the event queue: a join call that the library takes begins the
// next one, and so does, where events are taken, each change away from disconnected. Both count the
// same stays, so an event finds the call that it belongs to, however many calls came since. Its
// engine's lock guards it.
@interface RJStays : NSObject {
@private
  uint64_t _begun, _told;
  NSMutableArray *_joins, *_leaves; // RJStayEnd, by their stays
}

// A join call was taken; `success` is an RJJoinSuccess to be called when it has joined, or NULL.
- (void)joined:(void *RJ_OR_NULL)success;

// The stay ends; `left` is an RJLeft to be called when that is told, or NULL.
- (void)leaving:(void *RJ_OR_NULL)left;

// What is to be called because of an event, before anybody else hears it; the caller's.
- (RJStayEnd *RJ_OR_NIL)newEndBy:(const rj_event *)event;

@end

RJ_NOTHING_NIL_END
#endif
