// A plan, as `python -m rejoin play --plan` prints it: a line per thing, its words separated by tabs
// (rejoin.scenario.plan says what they are).
#import <Foundation/Foundation.h>

// An object that the pool lets go of, where there is no ARC.
#if __has_feature(objc_arc)
#define POOLED(object) (object)
#else
#define POOLED(object) [(object) autorelease]
#endif

// name=value, …
@interface PlanValues : NSObject {
@private
  NSDictionary *_values;
}
- (instancetype)initWithWords:(NSArray *)words;
- (NSString *)text:(NSString *)name; // nil: it has none
- (int64_t)number:(NSString *)name or:(int64_t)otherwise;
- (double)real:(NSString *)name;            // 0: it has none
- (NSTimeInterval)seconds:(NSString *)name; // of a number of ns; 0: it has none
- (NSArray *)names;
@end

// Something that an actor does.
@interface PlanStep : NSObject {
@public
  int64_t _at; // ns since the beginning; of a hook's step 0
  int64_t _index;
  NSString *_actor, *_verb;
  PlanValues *_values;
}
@end

// What a client does inside a callback, once.
@interface PlanHook : NSObject {
@public
  NSString *_client, *_event;
  PlanValues *_fields;
  PlanStep *_step;
  BOOL _over;
}
@end

// An edge or a client.
@interface PlanNode : NSObject {
@public
  NSString *_name;
  PlanValues *_values;
}
@end

// A member whose last_heard at an edge is to be told.
@interface PlanWatch : NSObject {
@public
  NSString *_edge, *_channel;
  NSUInteger _uid;
  int64_t _last; // what was told of it; 0: nothing yet
}
@end

// It lives as long as its program, and so does all of it.
@interface Plan : NSObject {
@public
  BOOL _simulated;
  uint64_t _seed;
  int64_t _wall; // seconds since 1970
  int64_t _end;
  NSMutableArray *_edges, *_clients; // PlanNode
  NSMutableArray *_hooks, *_watches;
  NSMutableArray *_steps; // by their times
}
// A line that is none of a plan ends the program with a message.
- (instancetype)initWithText:(NSString *)text;
@end
