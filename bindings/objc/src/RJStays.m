// The blocks that wait for what becomes of a join or a leave call.
#import "RJStays.h"

#ifdef __BLOCKS__
#import "RJEvents.h"

#ifndef __APPLE__
#include <Block.h>
#endif

@implementation RJStayEnd

- (instancetype)initWithStay:(uint64_t)stay joined:(RJJoinSuccess)joined left:(RJLeft)left {
  self = [super init];
  if (self != nil) {
    _stay = stay;
    if (joined != NULL)
      _joined = RJ_COPY_BLOCK(joined);
    if (left != NULL)
      _left = RJ_COPY_BLOCK(left);
  }
  return self;
}

- (void)dealloc {
  if (_joined != NULL)
    RJ_RELEASE_BLOCK(_joined);
  if (_left != NULL)
    RJ_RELEASE_BLOCK(_left);
  RJ_SUPER_DEALLOC;
}

- (uint64_t)stay {
  return _stay;
}

- (void)callWith:(const rj_event *)event {
  if (event->kind == RJ_EVENT_DID_JOIN_CHANNEL && _joined != NULL)
    _joined(RJText(event->text), event->uid, event->elapsed_ms);
  if (event->kind == RJ_EVENT_DID_LEAVE_CHANNEL && _left != NULL)
    _left(RJ_AUTORELEASE([[RJChannelStats alloc] initWithStats:&event->stats]));
}

@end

@implementation RJStays

- (instancetype)init {
  self = [super init];
  if (self != nil) {
    _joins = [[NSMutableArray alloc] init];
    _leaves = [[NSMutableArray alloc] init];
  }
  return self;
}

- (void)dealloc {
  RJ_RELEASE(_joins);
  RJ_RELEASE(_leaves);
  RJ_SUPER_DEALLOC;
}

- (void)joined:(void *)success {
  _begun++;
  if (success == NULL)
    return;
  RJStayEnd *end = [[RJStayEnd alloc] initWithStay:_begun
                                            joined:RJ_LOOK(RJJoinSuccess, success)
                                              left:NULL];
  [_joins addObject:end];
  RJ_RELEASE(end);
}

- (void)leaving:(void *)left {
  if (left == NULL)
    return;
  RJStayEnd *end = [[RJStayEnd alloc] initWithStay:_begun joined:NULL left:RJ_LOOK(RJLeft, left)];
  [_leaves addObject:end];
  RJ_RELEASE(end);
}

// The end of the stay that is told, taken off.
- (RJStayEnd *)newEndIn:(NSMutableArray *)ends {
  RJStayEnd *end = [ends count] == 0 ? nil : [ends objectAtIndex:0];
  if (end == nil || [end stay] != _told)
    return nil;
  (void)RJ_RETAIN(end);
  [ends removeObjectAtIndex:0];
  return end;
}

- (RJStayEnd *)newEndBy:(const rj_event *)event {
  switch (event->kind) {
  case RJ_EVENT_CONNECTION_CHANGED:
    if (event->old_state == RJ_STATE_DISCONNECTED)
      _told++;
    // Without success: it is not called, but it goes outside the lock, as what its block keeps goes
    // with it.
    return event->state == RJ_STATE_FAILED || event->state == RJ_STATE_DISCONNECTED
               ? [self newEndIn:_joins]
               : nil;
  case RJ_EVENT_DID_JOIN_CHANNEL:
    return [self newEndIn:_joins];
  case RJ_EVENT_DID_LEAVE_CHANNEL:
    return [self newEndIn:_leaves];
  default:
    return nil;
  }
}

@end
#endif
