// Plays a plan through the Objective-C binding, and prints what was heard (rejoin.scenario.recording).
#import <RejoinKit/RejoinKit.h>

#import "Plan.h"

@class Player;

// A client of the plan, which hears its own events.
@interface PlayerClient : NSObject <RJRtcEngineDelegate> {
@public
  Player *__unsafe_unretained _player;
  NSString *_name;
  NSUInteger _uid; // where a join names none
  RJRtcEngineKit *_engine;
  BOOL _freed; // that is: destroyed
}
@end

@interface Player : NSObject {
@public
  Plan *_plan;
  RJSimulation *_simulation;              // nil: the plan is played over real QUIC
  NSMutableDictionary *_edges, *_clients; // RJEdge and PlayerClient, by their names
}

- (instancetype)initWithPlan:(Plan *)plan;

// From the first step to the end.
- (void)play;

// Does a step and prints what came of it.
- (void)take:(PlanStep *)step;

// Prints when the edges last heard the members that are watched, where that changed.
- (void)watch;

@end
