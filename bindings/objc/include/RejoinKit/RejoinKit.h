// All of Rejoin for Objective-C: be in a channel, and know what happens when the network goes bad
// (docs/objc.md).
#import <RejoinKit/RJBase.h>
#import <RejoinKit/RJChannelStats.h>
#import <RejoinKit/RJEdge.h>
#import <RejoinKit/RJEdgeConfig.h>
#import <RejoinKit/RJErrors.h>
#import <RejoinKit/RJLink.h>
#import <RejoinKit/RJNumbers.h>
#import <RejoinKit/RJRtcEngineConfig.h>
#import <RejoinKit/RJRtcEngineDelegate.h>
#import <RejoinKit/RJRtcEngineKit.h>
#import <RejoinKit/RJRtcEvent.h>
#import <RejoinKit/RJSimulation.h>
#import <RejoinKit/RJToken.h>
