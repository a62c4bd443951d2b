// What a client hears, printed; and what the plan wants done inside its callbacks.
#import "Player.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

static int64_t nanoseconds(NSTimeInterval seconds) {
  return llround(seconds * 1e9);
}

static NSString *escaped(NSString *text) {
  text = [text stringByReplacingOccurrencesOfString:@"\\" withString:@"\\\\"];
  text = [text stringByReplacingOccurrencesOfString:@"\t" withString:@"\\t"];
  return [text stringByReplacingOccurrencesOfString:@"\n" withString:@"\\n"];
}

static NSString *hex_of(NSData *data) {
  NSMutableString *text = [NSMutableString string];
  const uint8_t *bytes = [data bytes];
  for (NSUInteger i = 0; i < [data length]; i++)
    [text appendFormat:@"%02x", bytes[i]];
  return text;
}

static NSString *number(long long value) {
  return [NSString stringWithFormat:@"%lld", value];
}

// The fields of an event as recordings write them: a name, its text, and so on.
static NSArray *fields_of(RJRtcEvent *e) {
  switch ([e kind]) {
  case RJEventKindConnectionChanged:
    return [NSArray arrayWithObjects:@"old_state", number([e oldState]), @"state",
                                     number([e state]), @"reason", number([e reason]), nil];
  case RJEventKindDidJoinChannel:
  case RJEventKindDidRejoinChannel:
    return [NSArray arrayWithObjects:@"channel", [e channel], @"uid", number((long long)[e uid]),
                                     @"elapsed", number([e elapsed]), nil];
  case RJEventKindUserJoined:
    return [NSArray
        arrayWithObjects:@"uid", number((long long)[e uid]), @"elapsed", number([e elapsed]), nil];
  case RJEventKindUserOffline:
    return [NSArray arrayWithObjects:@"uid", number((long long)[e uid]), @"reason",
                                     number([e offlineReason]), nil];
  case RJEventKindUserInterrupted:
  case RJEventKindUserResumed:
    return [NSArray arrayWithObjects:@"uid", number((long long)[e uid]), nil];
  case RJEventKindTokenPrivilegeWillExpire:
    return [NSArray arrayWithObjects:@"token", [e token], nil];
  case RJEventKindRenewTokenResult:
    return [NSArray arrayWithObjects:@"token", [e token], @"code", number([e code]), nil];
  case RJEventKindNetworkChanged:
    return [NSArray arrayWithObjects:@"network", number([e network]), nil];
  case RJEventKindClientRoleChanged:
    return
        [NSArray arrayWithObjects:@"old_role", number([e oldRole]), @"role", number([e role]), nil];
  case RJEventKindClientRoleChangeFailed:
    return [NSArray arrayWithObjects:@"reason", number([e reason]), @"role", number([e role]), nil];
  case RJEventKindStreamMessage:
    return [NSArray arrayWithObjects:@"uid", number((long long)[e uid]), @"stream_id",
                                     number([e streamId]), @"data", hex_of([e data]), nil];
  case RJEventKindStreamMessageError:
    return [NSArray arrayWithObjects:@"uid", number((long long)[e uid]), @"stream_id",
                                     number([e streamId]), @"missed", number((long long)[e missed]),
                                     nil];
  case RJEventKindEventsDropped:
    return [NSArray arrayWithObjects:@"count", number((long long)[e count]), nil];
  case RJEventKindAttempt:
    return
        [NSArray arrayWithObjects:@"number", number([e attempt]), @"outcome", number([e outcome]),
                                  @"next_delay",
                                  number([e nextDelay] < 0 ? -1 : nanoseconds([e nextDelay])), nil];
  default:
    return [NSArray array];
  }
}

static BOOL fits(PlanHook *hook, RJRtcEvent *event) {
  if (![hook->_event isEqualToString:[event name]])
    return NO;
  NSArray *fields = fields_of(event);
  for (NSString *name in [hook->_fields names]) {
    NSUInteger at = [fields indexOfObject:name];
    if (at == NSNotFound ||
        ![[fields objectAtIndex:at + 1] isEqualToString:[hook->_fields text:name]])
      return NO;
  }
  return YES;
}

@implementation PlayerClient

- (void)rtcEngine:(RJRtcEngineKit *)engine didReceiveEvent:(RJRtcEvent *)event {
  [_player watch];
  printf("event\t%s\t%" PRId64 "\t%" PRId64 "\t%s", [_name UTF8String], nanoseconds([event time]),
         nanoseconds([engine lastHeard]), [[event name] UTF8String]);
  NSArray *fields = fields_of(event);
  for (NSUInteger i = 0; i < [fields count]; i += 2)
    printf("\t%s=%s", [[fields objectAtIndex:i] UTF8String],
           [escaped([fields objectAtIndex:i + 1]) UTF8String]);
  putchar('\n');
  for (PlanHook *hook in _player->_plan->_hooks) {
    if (!hook->_over && [hook->_client isEqualToString:_name] && fits(hook, event)) {
      hook->_over = YES;
      [_player take:hook->_step];
    }
  }
}

@end
