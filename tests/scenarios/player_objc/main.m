// The player in Objective-C: a plan on standard input, a recording on standard output.
//
//     scenario_player_objc < PLAN > RECORDING
#import "Player.h"

static void play(void) {
  NSData *input = [[NSFileHandle fileHandleWithStandardInput] readDataToEndOfFile];
  NSString *text = POOLED([[NSString alloc] initWithData:input encoding:NSUTF8StringEncoding]);
  Plan *plan = POOLED([[Plan alloc] initWithText:text]);
  [POOLED([[Player alloc] initWithPlan:plan]) play];
}

int main(void) { // what is made lives until the program ends
#ifdef __clang__
  @autoreleasepool {
    play();
  }
#else
  NSAutoreleasePool *pool = [[NSAutoreleasePool alloc] init];
  play();
  [pool drain];
#endif
  return 0;
}
