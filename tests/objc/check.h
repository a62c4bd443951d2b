// What the Objective-C tests do again and again: assertions that end the program, a delegate that
// remembers, a channel with members.
#import <RejoinKit/RejoinKit.h>

// Ends the program with the place and what is not so.
#define CHECK(condition)                                                                           \
  do {                                                                                             \
    if (!(condition))                                                                              \
      check_fails(@ #condition, __FILE__, __LINE__);                                               \
  } while (0)
// Two numbers.
#define CHECK_INT(one, other)                                                                      \
  check_same([NSNumber numberWithLongLong:(long long)(one)],                                       \
             [NSNumber numberWithLongLong:(long long)(other)], __FILE__, __LINE__)
// Two objects, by isEqual:.
#define CHECK_SAME(one, other) check_same((one), (other), __FILE__, __LINE__)
// That `call` returned nothing and gave this RJStatus, and named the argument (nil: none).
#define CHECK_FAILS(call, status, argument)                                                        \
  do {                                                                                             \
    NSError *error = nil;                                                                          \
    CHECK(!(call));                                                                                \
    check_error(error, (status), (argument), __FILE__, __LINE__);                                  \
  } while (0)

void check_fails(NSString *what, const char *file, int line) __attribute__((noreturn));
void check_same(id one, id other, const char *file, int line);
void check_error(NSError *error, NSInteger status, NSString *argument, const char *file, int line);

// Runs a test in a pool of its own and says its name. A test is static void name(void).
#define RUN(test) run_test(test, #test)
void run_test(void (*test)(void), const char *name);

// Here is neither ARC nor @autoreleasepool everywhere, and these are the same everywhere.
#if __has_feature(objc_arc)
#define RELEASE_(object)     ((void)(object))
#define AUTORELEASE_(object) (object)
#else
#define RELEASE_(object)     [(object) release]
#define AUTORELEASE_(object) [(object) autorelease]
#endif
#ifdef __clang__
#define POOL_BEGIN @autoreleasepool {
#define POOL_END   }
#else
#define POOL_BEGIN                                                                                 \
  {                                                                                                \
    NSAutoreleasePool *pool = [[NSAutoreleasePool alloc] init];
#define POOL_END                                                                                   \
  [pool drain];                                                                                    \
  }
#endif

// A delegate that writes down what it hears: the names of the events, and each in words.
@interface Witness : NSObject <RJRtcEngineDelegate> {
@private
  NSMutableArray *_events, *_lines;
}
- (NSArray *)events; // RJRtcEvent
- (NSArray *)lines;  // one for each method but rtcEngine:didReceiveEvent:
- (NSString *)names; // of the events, with a space between two
- (BOOL)hears:(NSString *)name;
- (void)clear;
@end

// A simulation with an edge; both live until their pool goes.
RJSimulation *a_simulation(void);
RJEdge *an_edge(RJSimulation *simulation);
// A client that is in "demo" as uid; its delegate has forgotten what it heard so far.
RJRtcEngineKit *a_member(RJSimulation *simulation, RJEdge *edge, NSUInteger uid, Witness *delegate);
void run(RJSimulation *simulation, NSTimeInterval seconds);

// Turns the current run loop until the condition holds, at most 60 s.
#define TURN_UNTIL(condition)                                                                      \
  do {                                                                                             \
    NSDate *limit = [NSDate dateWithTimeIntervalSinceNow:60];                                      \
    while (!(condition) && [limit timeIntervalSinceNow] > 0)                                       \
      turn_run_loop();                                                                             \
    CHECK(condition);                                                                              \
  } while (0)
void turn_run_loop(void);
